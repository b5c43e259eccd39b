"""nexsis-sync: make a Moodle site agree with a student information system."""
