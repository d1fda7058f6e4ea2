"""Equipment control for a chip packaging line; the public face of the distribution."""

__version__ = "0.1.0"
