"""Layer 1: the boot configuration, the settings' registry and file, logging, the certificate."""
