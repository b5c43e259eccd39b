"""What site and mapping files may contain, as models; YAML with line numbers, secrets, JSON Schemas."""
