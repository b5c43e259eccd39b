"""Consequences in the site's database, whichever call or cascade causes them: views and triggers.

`enrolled` has the enrolments of a course and, as those of the plugin `meta`, the users of the courses linked to it:
each once for each link, through the first of their enrolments there that isn't suspended. A link does not pass on what
came through another link. A person without any such enrolment left loses groups and grades there; `leaving` gets
those who may have.
"""

ENROLLED = """
CREATE VIEW IF NOT EXISTS enrolled AS
  SELECT id, course, user, plugin, role, status FROM enrolment
  UNION ALL
  SELECT m.id * 1000000000 + e.user, m.course, e.user, 'meta', e.role, e.status
  FROM metalink m JOIN enrolment e ON e.course = m.linked
  WHERE e.plugin <> 'meta' AND NOT EXISTS (
    SELECT 1 FROM enrolment o WHERE o.user = e.user AND o.course = e.course AND o.plugin <> 'meta'
    AND (o.status, o.id) < (e.status, e.id));
CREATE TRIGGER IF NOT EXISTS enrolment_made AFTER INSERT ON enrolment WHEN NEW.plugin <> 'meta' BEGIN
  INSERT INTO member (user, course_group)
    SELECT NEW.user, m.course_group FROM metalink m WHERE m.linked = NEW.course AND m.course_group IS NOT NULL
    AND NOT EXISTS (SELECT 1 FROM member WHERE user = NEW.user AND course_group = m.course_group);
END;
"""

LEAVING = """
CREATE VIEW IF NOT EXISTS leaving AS SELECT NULL AS user, NULL AS course;
CREATE TRIGGER IF NOT EXISTS has_left INSTEAD OF INSERT ON leaving
WHEN NOT EXISTS (SELECT 1 FROM enrolled WHERE user = NEW.user AND course = NEW.course) BEGIN
  DELETE FROM member
    WHERE user = NEW.user AND course_group IN (SELECT id FROM course_group WHERE course = NEW.course);
  DELETE FROM category_grade WHERE user = NEW.user AND item IN (
    SELECT item FROM grade_category WHERE same_course = (SELECT same FROM course WHERE id = NEW.course));
  DELETE FROM grade WHERE same_course = (SELECT same FROM course WHERE id = NEW.course)
    AND same_user = (SELECT same FROM user WHERE id = NEW.user);
END;
CREATE TRIGGER IF NOT EXISTS enrolment_gone AFTER DELETE ON enrolment BEGIN
  INSERT INTO leaving VALUES (OLD.user, OLD.course);
  INSERT INTO leaving SELECT OLD.user, course FROM metalink WHERE linked = OLD.course;
END;
CREATE TRIGGER IF NOT EXISTS metalink_gone AFTER DELETE ON metalink BEGIN
  INSERT INTO leaving SELECT DISTINCT user, OLD.course FROM enrolment WHERE course = OLD.linked;
END;
CREATE TRIGGER IF NOT EXISTS user_renumbered AFTER UPDATE OF same ON user BEGIN
  UPDATE grade SET same_user = NEW.same WHERE same_user = OLD.same;
END;
CREATE TRIGGER IF NOT EXISTS user_gone AFTER DELETE ON user BEGIN
  DELETE FROM grade WHERE same_user = OLD.same;
END;
CREATE TRIGGER IF NOT EXISTS course_gone AFTER DELETE ON course BEGIN
  DELETE FROM grade WHERE same_course = OLD.same;
  DELETE FROM grade_category WHERE same_course = OLD.same;
END;
"""

GRADEBOOK = """
CREATE TRIGGER IF NOT EXISTS course_made AFTER INSERT ON course BEGIN
  INSERT INTO grade_category (same_course, id, name) SELECT NEW.same, NEW.id, NEW.fullname
    WHERE NOT EXISTS (SELECT 1 FROM grade_category WHERE same_course = NEW.same AND id = NEW.id);
END;
"""

CONSEQUENCES = ENROLLED + LEAVING + GRADEBOOK
