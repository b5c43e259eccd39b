"""What site and mapping files may say, as models; YAML with line numbers, secrets, JSON Schemas."""
