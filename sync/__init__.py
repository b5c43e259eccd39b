"""nexsis-sync: keep a Moodle site in step with a student information system."""
