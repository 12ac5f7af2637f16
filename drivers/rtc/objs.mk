objs-y += pl031.o goldfish.o
