const char app_name[] = "hello-cpp"; const char app_args[] = ""; const unsigned long app_stack_size = 0;
