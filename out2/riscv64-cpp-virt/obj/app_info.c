const char app_name[] = "cpp"; const char app_args[] = ""; const unsigned long app_stack_size = 0;
