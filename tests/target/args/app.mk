# SPDX-License-Identifier: MIT
# What a program gets from outside and gives back: arguments, environment, input, exit status.
srcs := main.c
args := default "argument two"
