"""What the report says and shows, section by section, as data."""
