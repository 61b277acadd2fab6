"""The emulator's front doors: the only modules of this subpackage that know an HTTP library."""
