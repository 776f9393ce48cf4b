// An object library needs one source; folders without any yet use this.
