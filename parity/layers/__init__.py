"""Which layers of an export drift, and what keeping some of them in fp32 gives."""
