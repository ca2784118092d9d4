"""Sets that are composed or cut from others by a program."""
