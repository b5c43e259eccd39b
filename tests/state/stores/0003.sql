BEGIN TRANSACTION;
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0003');
CREATE TABLE approvals (
	"plan" TEXT NOT NULL, 
	hold TEXT NOT NULL, 
	"by" TEXT NOT NULL, 
	at TEXT NOT NULL, 
	expires TEXT NOT NULL, 
	PRIMARY KEY ("plan", hold), 
	FOREIGN KEY("plan") REFERENCES plans (id)
);
INSERT INTO "approvals" VALUES('p-20261129T172600-1671dc','h-6d471b19','root','2026-11-29T17:26:30.539119+00:00','2026-12-06T17:26:30.539119+00:00');
INSERT INTO "approvals" VALUES('p-20261129T172600-1671dc','h-8c84311e','root','2026-11-29T17:26:30.539119+00:00','2026-12-06T17:26:30.539119+00:00');
CREATE TABLE changes (
	"plan" TEXT NOT NULL, 
	n INTEGER NOT NULL, 
	stage INTEGER NOT NULL, 
	resource TEXT NOT NULL, 
	op TEXT NOT NULL, 
	"match" TEXT NOT NULL, 
	slice TEXT, 
	"key" TEXT NOT NULL, 
	"before" TEXT, 
	"after" TEXT, 
	cause TEXT NOT NULL, 
	claims TEXT, 
	gate TEXT, 
	chain TEXT, 
	covered_by INTEGER, 
	hold TEXT, 
	file TEXT, 
	tab TEXT, 
	"row" INTEGER, 
	also TEXT, 
	status TEXT NOT NULL, 
	attempts INTEGER NOT NULL, 
	http_status INTEGER, 
	error TEXT, 
	run TEXT, 
	PRIMARY KEY ("plan", n), 
	FOREIGN KEY("plan") REFERENCES plans (id)
)
 WITHOUT ROWID

;
INSERT INTO "changes" VALUES('p-20261129T172436-bfe546',1,1,'course','create','bio-27','{}','{"courseid":"Bio-27"}',NULL,'{"shortname":"Bio-27","fullname":"Biology","categorypath":"/Sciences"}','sis','mappings.1','/sciences',NULL,NULL,NULL,'courses.csv',NULL,2,NULL,'done',1,200,NULL,'r-20261129T172531-a864c1');
INSERT INTO "changes" VALUES('p-20261129T172436-bfe546',2,1,'course','create','his-27','{}','{"courseid":"His-27"}',NULL,'{"shortname":"His-27","fullname":"History","categorypath":"/Arts"}','sis','mappings.1','/arts',NULL,NULL,NULL,'courses.csv',NULL,3,NULL,'done',1,200,NULL,'r-20261129T172531-a864c1');
INSERT INTO "changes" VALUES('p-20261129T172436-bfe546',3,2,'user','create','s01','{}','{"userid":"S01"}',NULL,'{"username":"al01","firstname":"Amy","lastname":"Lee","email":"amy.lee@uni.example"}','sis','mappings.2',NULL,NULL,NULL,NULL,'users.csv',NULL,2,NULL,'done',1,200,NULL,'r-20261129T172531-a864c1');
INSERT INTO "changes" VALUES('p-20261129T172436-bfe546',4,2,'user','create','s02','{}','{"userid":"S02"}',NULL,'{"username":"bo02","firstname":"Ben","lastname":"Ode","email":"ben.ode@uni.example"}','sis','mappings.2',NULL,NULL,NULL,NULL,'users.csv',NULL,3,NULL,'done',1,200,NULL,'r-20261129T172531-a864c1');
INSERT INTO "changes" VALUES('p-20261129T172436-bfe546',5,2,'user','create','s03','{}','{"userid":"S03"}',NULL,'{"username":"ca03","firstname":"Cho","lastname":"Aydın","email":"cho.aydin@uni.example"}','sis','mappings.2',NULL,NULL,NULL,NULL,'users.csv',NULL,4,NULL,'done',1,200,NULL,'r-20261129T172531-a864c1');
INSERT INTO "changes" VALUES('p-20261129T172436-bfe546',6,2,'user','create','s04','{}','{"userid":"S04"}',NULL,'{"username":"de04","firstname":"Dee","lastname":"Eriksson","email":"dee.eriksson@uni.example"}','sis','mappings.2',NULL,NULL,NULL,NULL,'users.csv',NULL,5,NULL,'done',1,200,NULL,'r-20261129T172531-a864c1');
INSERT INTO "changes" VALUES('p-20261129T172436-bfe546',7,2,'user','create','t01','{}','{"userid":"T01"}',NULL,'{"username":"ta01","firstname":"Tom","lastname":"Abel","email":"tom.abel@uni.example"}','sis','mappings.2',NULL,NULL,NULL,NULL,'users.csv',NULL,6,NULL,'done',1,200,NULL,'r-20261129T172531-a864c1');
INSERT INTO "changes" VALUES('p-20261129T172436-bfe546',8,3,'enrolment','create','s01bio-27','{"courseid":"Bio-27"}','{"userid":"S01","courseid":"Bio-27"}',NULL,'{"roleid":"student"}','sis','mappings.3','bio-27',NULL,NULL,NULL,'enrolments.csv',NULL,4,NULL,'done',1,200,NULL,'r-20261129T172531-a864c1');
INSERT INTO "changes" VALUES('p-20261129T172436-bfe546',9,3,'enrolment','create','s02bio-27','{"courseid":"Bio-27"}','{"userid":"S02","courseid":"Bio-27"}',NULL,'{"roleid":"student"}','sis','mappings.3','bio-27',NULL,NULL,NULL,'enrolments.csv',NULL,5,NULL,'done',1,200,NULL,'r-20261129T172531-a864c1');
INSERT INTO "changes" VALUES('p-20261129T172436-bfe546',10,3,'enrolment','create','s03bio-27','{"courseid":"Bio-27"}','{"userid":"S03","courseid":"Bio-27"}',NULL,'{"roleid":"student"}','sis','mappings.3','bio-27',NULL,NULL,NULL,'enrolments.csv',NULL,6,NULL,'done',1,200,NULL,'r-20261129T172531-a864c1');
INSERT INTO "changes" VALUES('p-20261129T172436-bfe546',11,3,'enrolment','create','t01bio-27','{"courseid":"Bio-27"}','{"userid":"T01","courseid":"Bio-27"}',NULL,'{"roleid":"editingteacher"}','sis','mappings.3','bio-27',NULL,NULL,NULL,'enrolments.csv',NULL,2,NULL,'done',1,200,NULL,'r-20261129T172531-a864c1');
INSERT INTO "changes" VALUES('p-20261129T172436-bfe546',12,3,'enrolment','create','s03his-27','{"courseid":"His-27"}','{"userid":"S03","courseid":"His-27"}',NULL,'{"roleid":"student"}','sis','mappings.3','his-27',NULL,NULL,NULL,'enrolments.csv',NULL,7,NULL,'done',1,200,NULL,'r-20261129T172531-a864c1');
INSERT INTO "changes" VALUES('p-20261129T172436-bfe546',13,3,'enrolment','create','s04his-27','{"courseid":"His-27"}','{"userid":"S04","courseid":"His-27"}',NULL,'{"roleid":"student"}','sis','mappings.3','his-27',NULL,NULL,NULL,'enrolments.csv',NULL,8,NULL,'done',1,200,NULL,'r-20261129T172531-a864c1');
INSERT INTO "changes" VALUES('p-20261129T172436-bfe546',14,3,'enrolment','create','t01his-27','{"courseid":"His-27"}','{"userid":"T01","courseid":"His-27"}',NULL,'{"roleid":"editingteacher"}','sis','mappings.3','his-27',NULL,NULL,NULL,'enrolments.csv',NULL,3,NULL,'done',1,200,NULL,'r-20261129T172531-a864c1');
INSERT INTO "changes" VALUES('p-20261129T172436-bfe546',15,4,'group','create','bio-271','{"courseid":"Bio-27"}','{"courseid":"Bio-27","groupid":"01"}',NULL,'{"name":"First year"}','sis','mappings.4',NULL,NULL,NULL,NULL,'groups.csv',NULL,3,NULL,'done',1,200,NULL,'r-20261129T172531-a864c1');
INSERT INTO "changes" VALUES('p-20261129T172436-bfe546',16,4,'group','create','bio-27Lab-A','{"courseid":"Bio-27"}','{"courseid":"Bio-27","groupid":"Lab-A"}',NULL,'{"name":"Laboratory A"}','sis','mappings.4',NULL,NULL,NULL,NULL,'groups.csv',NULL,2,NULL,'done',1,200,NULL,'r-20261129T172531-a864c1');
INSERT INTO "changes" VALUES('p-20261129T172436-bfe546',17,4,'group','create','his-2710','{"courseid":"His-27"}','{"courseid":"His-27","groupid":"1e1"}',NULL,'{"name":"Tenth"}','sis','mappings.4',NULL,NULL,NULL,NULL,'groups.csv',NULL,4,NULL,'done',1,200,NULL,'r-20261129T172531-a864c1');
INSERT INTO "changes" VALUES('p-20261129T172436-bfe546',18,6,'group_member','create','bio-271s03','{"courseid":"Bio-27"}','{"courseid":"Bio-27","groupid":"01","userid":"S03"}',NULL,'{}','sis','mappings.5',NULL,NULL,NULL,NULL,'members.csv',NULL,4,NULL,'done',1,200,NULL,'r-20261129T172531-a864c1');
INSERT INTO "changes" VALUES('p-20261129T172436-bfe546',19,6,'group_member','create','bio-27Lab-As01','{"courseid":"Bio-27"}','{"courseid":"Bio-27","groupid":"Lab-A","userid":"S01"}',NULL,'{}','sis','mappings.5',NULL,NULL,NULL,NULL,'members.csv',NULL,2,NULL,'done',1,200,NULL,'r-20261129T172531-a864c1');
INSERT INTO "changes" VALUES('p-20261129T172436-bfe546',20,6,'group_member','create','bio-27Lab-As02','{"courseid":"Bio-27"}','{"courseid":"Bio-27","groupid":"Lab-A","userid":"S02"}',NULL,'{}','sis','mappings.5',NULL,NULL,NULL,NULL,'members.csv',NULL,3,NULL,'done',1,200,NULL,'r-20261129T172531-a864c1');
INSERT INTO "changes" VALUES('p-20261129T172436-bfe546',21,6,'group_member','create','his-2710s03','{"courseid":"His-27"}','{"courseid":"His-27","groupid":"1e1","userid":"S03"}',NULL,'{}','sis','mappings.5',NULL,NULL,NULL,NULL,'members.csv',NULL,5,NULL,'done',1,200,NULL,'r-20261129T172531-a864c1');
INSERT INTO "changes" VALUES('p-20261129T172600-1671dc',1,2,'user','update','s02','{}','{"userid":"S02"}','{"username":"bo02","firstname":"Ben","lastname":"Ode","email":"ben.ode@uni.example"}','{"username":"bo02","firstname":"Ben","lastname":"Odell","email":"ben.odell@uni.example"}','sis','mappings.2',NULL,NULL,NULL,NULL,'users.csv',NULL,3,NULL,'done',1,200,NULL,'r-20261129T172649-0d1c23');
INSERT INTO "changes" VALUES('p-20261129T172600-1671dc',2,3,'enrolment','create','s04bio-27','{"courseid":"Bio-27"}','{"userid":"S04","courseid":"Bio-27"}',NULL,'{"roleid":"student"}','sis','mappings.3',NULL,NULL,NULL,NULL,'enrolments.csv',NULL,8,NULL,'done',1,200,NULL,'r-20261129T172649-0d1c23');
INSERT INTO "changes" VALUES('p-20261129T172600-1671dc',3,6,'group_member','create','bio-271s01','{"courseid":"Bio-27"}','{"courseid":"Bio-27","groupid":"01","userid":"S01"}',NULL,'{}','sis','mappings.5',NULL,NULL,NULL,NULL,'members.csv',NULL,5,NULL,'done',1,200,NULL,'r-20261129T172649-0d1c23');
INSERT INTO "changes" VALUES('p-20261129T172600-1671dc',4,19,'group_member','delete','bio-27Lab-As01','{"courseid":"Bio-27"}','{"courseid":"Bio-27","groupid":"Lab-A","userid":"S01"}','{}',NULL,'sis','mappings.5',NULL,NULL,NULL,'h-8c84311e',NULL,NULL,NULL,NULL,'done',1,200,NULL,'r-20261129T172649-0d1c23');
INSERT INTO "changes" VALUES('p-20261129T172600-1671dc',5,22,'enrolment','delete','s04his-27','{"courseid":"His-27"}','{"userid":"S04","courseid":"His-27"}','{"roleid":"student"}',NULL,'sis','mappings.3',NULL,NULL,NULL,'h-6d471b19',NULL,NULL,NULL,NULL,'done',1,200,NULL,'r-20261129T172649-0d1c23');
CREATE TABLE ledger (
	resource TEXT NOT NULL, 
	"match" TEXT NOT NULL, 
	"key" TEXT NOT NULL, 
	sent TEXT, 
	seen TEXT, 
	claims TEXT NOT NULL, 
	owned INTEGER NOT NULL, 
	checked INTEGER NOT NULL, 
	PRIMARY KEY (resource, "match")
)
 WITHOUT ROWID

;
INSERT INTO "ledger" VALUES('course','bio-27','{"courseid":"Bio-27"}','{"shortname":"Bio-27","fullname":"Biology","categorypath":"/Sciences"}','{"fullname":"Biology","shortname":"Bio-27","startdate":"2026-11-29T00:00:00+00:00","categorypath":"/Sciences"}','mappings.1',1,739949);
INSERT INTO "ledger" VALUES('course','his-27','{"courseid":"His-27"}','{"shortname":"His-27","fullname":"History","categorypath":"/Arts"}','{"fullname":"History","shortname":"His-27","startdate":"2026-11-29T00:00:00+00:00","categorypath":"/Arts"}','mappings.1',1,739949);
INSERT INTO "ledger" VALUES('enrolment','s01bio-27','{"userid":"S01","courseid":"Bio-27"}','{"roleid":"student"}','{"roleid":"student"}','mappings.3',1,739949);
INSERT INTO "ledger" VALUES('enrolment','s02bio-27','{"userid":"S02","courseid":"Bio-27"}','{"roleid":"student"}','{"roleid":"student"}','mappings.3',1,739949);
INSERT INTO "ledger" VALUES('enrolment','s03bio-27','{"userid":"S03","courseid":"Bio-27"}','{"roleid":"student"}','{"roleid":"student"}','mappings.3',1,739949);
INSERT INTO "ledger" VALUES('enrolment','s03his-27','{"userid":"S03","courseid":"His-27"}','{"roleid":"student"}','{"roleid":"student"}','mappings.3',1,739949);
INSERT INTO "ledger" VALUES('enrolment','s04bio-27','{"userid":"S04","courseid":"Bio-27"}','{"roleid":"student"}',NULL,'mappings.3',1,0);
INSERT INTO "ledger" VALUES('enrolment','t01bio-27','{"userid":"T01","courseid":"Bio-27"}','{"roleid":"editingteacher"}','{"roleid":"editingteacher"}','mappings.3',1,739949);
INSERT INTO "ledger" VALUES('enrolment','t01his-27','{"userid":"T01","courseid":"His-27"}','{"roleid":"editingteacher"}','{"roleid":"editingteacher"}','mappings.3',1,739949);
INSERT INTO "ledger" VALUES('group','bio-271','{"courseid":"Bio-27","groupid":"01"}','{"name":"First year"}','{"name":"First year","description":""}','mappings.4',1,739949);
INSERT INTO "ledger" VALUES('group','bio-27Lab-A','{"courseid":"Bio-27","groupid":"Lab-A"}','{"name":"Laboratory A"}','{"name":"Laboratory A","description":""}','mappings.4',1,739949);
INSERT INTO "ledger" VALUES('group','his-2710','{"courseid":"His-27","groupid":"1e1"}','{"name":"Tenth"}','{"name":"Tenth","description":""}','mappings.4',1,739949);
INSERT INTO "ledger" VALUES('group_member','bio-271s01','{"courseid":"Bio-27","groupid":"01","userid":"S01"}','{}','{}','mappings.5',1,0);
INSERT INTO "ledger" VALUES('group_member','bio-271s03','{"courseid":"Bio-27","groupid":"01","userid":"S03"}','{}','{}','mappings.5',1,0);
INSERT INTO "ledger" VALUES('group_member','bio-27Lab-As02','{"courseid":"Bio-27","groupid":"Lab-A","userid":"S02"}','{}','{}','mappings.5',1,0);
INSERT INTO "ledger" VALUES('group_member','his-2710s03','{"courseid":"His-27","groupid":"1e1","userid":"S03"}','{}','{}','mappings.5',1,0);
INSERT INTO "ledger" VALUES('user','s01','{"userid":"S01"}','{"username":"al01","firstname":"Amy","lastname":"Lee","email":"amy.lee@uni.example"}','{"username":"al01","firstname":"Amy","lastname":"Lee","email":"amy.lee@uni.example"}','mappings.2',1,739949);
INSERT INTO "ledger" VALUES('user','s02','{"userid":"S02"}','{"username":"bo02","firstname":"Ben","lastname":"Odell","email":"ben.odell@uni.example"}','{"username":"bo02","firstname":"Ben","lastname":"Odell","email":"ben.odell@uni.example"}','mappings.2',1,739949);
INSERT INTO "ledger" VALUES('user','s03','{"userid":"S03"}','{"username":"ca03","firstname":"Cho","lastname":"Aydın","email":"cho.aydin@uni.example"}','{"username":"ca03","firstname":"Cho","lastname":"Aydın","email":"cho.aydin@uni.example"}','mappings.2',1,739949);
INSERT INTO "ledger" VALUES('user','s04','{"userid":"S04"}','{"username":"de04","firstname":"Dee","lastname":"Eriksson","email":"dee.eriksson@uni.example"}','{"username":"de04","firstname":"Dee","lastname":"Eriksson","email":"dee.eriksson@uni.example"}','mappings.2',1,739949);
INSERT INTO "ledger" VALUES('user','t01','{"userid":"T01"}','{"username":"ta01","firstname":"Tom","lastname":"Abel","email":"tom.abel@uni.example"}','{"username":"ta01","firstname":"Tom","lastname":"Abel","email":"tom.abel@uni.example"}','mappings.2',1,739949);
CREATE TABLE marks (
	kind TEXT NOT NULL, 
	resource TEXT NOT NULL, 
	"match" TEXT NOT NULL, 
	since TEXT NOT NULL, 
	PRIMARY KEY (kind, resource, "match")
)
 WITHOUT ROWID

;
CREATE TABLE nexsis_sync (
	name TEXT NOT NULL, 
	value TEXT NOT NULL, 
	PRIMARY KEY (name)
);
INSERT INTO "nexsis_sync" VALUES('version','3');
INSERT INTO "nexsis_sync" VALUES('holder','process 23127 on vm since 2026-11-29T17:26:49.240970+00:00');
CREATE TABLE plans (
	seq INTEGER NOT NULL, 
	id TEXT NOT NULL, 
	site TEXT NOT NULL, 
	created TEXT NOT NULL, 
	summary TEXT NOT NULL, 
	inputs TEXT NOT NULL, 
	holds TEXT NOT NULL, 
	issues TEXT NOT NULL, 
	PRIMARY KEY (seq), 
	UNIQUE (id)
);
INSERT INTO "plans" VALUES(1,'p-20261129T172436-bfe546','https://moodle.example.edu','2026-11-29T17:24:36.278613+00:00','{"course":{"create":2,"update":0,"delete":0,"covered":0,"unchanged":0,"held":0,"rejected":0},"user":{"create":5,"update":0,"delete":0,"covered":0,"unchanged":0,"held":0,"rejected":0},"enrolment":{"create":7,"update":0,"delete":0,"covered":0,"unchanged":0,"held":0,"rejected":0},"group":{"create":3,"update":0,"delete":0,"covered":0,"unchanged":0,"held":0,"rejected":0},"group_member":{"create":4,"update":0,"delete":0,"covered":0,"unchanged":0,"held":0,"rejected":0}}','[{"kind":"site","name":"site.yaml","digest":"bed73d80a5d1d9395e9f4e912386c4d2cbad4b7f4d14b9c60f496e76d87b07f1","path":"/srv/nexsis/site.yaml","mapping":null,"rows":null,"modified":null,"found":{},"filled":{},"doubtful":false,"delta":false,"usable":null,"scoped":null,"tail":"","additions":{},"postponed":false},{"kind":"mapping","name":"mappings.1","digest":"95b44fed4ecbea7da83480da205d62722b285f731de783596241acd87e5f3eef","path":"/srv/nexsis/mappings.yaml","mapping":"mappings.1","rows":null,"modified":null,"found":{},"filled":{},"doubtful":false,"delta":false,"usable":null,"scoped":null,"tail":"","additions":{},"postponed":false},{"kind":"sheet","name":"courses.csv","digest":"15815262b837d012ea93b6dae2f90977a7bbaecd6a5cf29c4184932c0ded15fa","path":"/srv/nexsis/inbox/courses.csv","mapping":"mappings.1","rows":2,"modified":"2026-11-29T17:24:09.938445+00:00","found":{"encoding":"utf-8","delimiter":"comma","header row":"1"},"filled":{"ID":100,"NAME":100,"CATEGORY":100},"doubtful":false,"delta":false,"usable":2,"scoped":null,"tail":"","additions":{},"postponed":false},{"kind":"mapping","name":"mappings.2","digest":"a6d93d83e54b5772bf8cf70b468010637e579e88208c815f1201b243a0c64509","path":"/srv/nexsis/mappings.yaml","mapping":"mappings.2","rows":null,"modified":null,"found":{},"filled":{},"doubtful":false,"delta":false,"usable":null,"scoped":null,"tail":"","additions":{},"postponed":false},{"kind":"sheet","name":"users.csv","digest":"5a7570e202b43a66dd91869425435a5496838e624458159d3889065609c15205","path":"/srv/nexsis/inbox/users.csv","mapping":"mappings.2","rows":5,"modified":"2026-11-29T17:24:09.938324+00:00","found":{"encoding":"utf-8","delimiter":"comma","header row":"1"},"filled":{"ID":100,"LOGIN":100,"FIRST":100,"LAST":100,"MAIL":100},"doubtful":false,"delta":false,"usable":5,"scoped":null,"tail":"","additions":{},"postponed":false},{"kind":"mapping","name":"mappings.3","digest":"339824fcc8d71bfe8d2291986429f61884b9ba27bce000d0644dca689770e112","path":"/srv/nexsis/mappings.yaml","mapping":"mappings.3","rows":null,"modified":null,"found":{},"filled":{},"doubtful":false,"delta":false,"usable":null,"scoped":null,"tail":"","additions":{},"postponed":false},{"kind":"sheet","name":"enrolments.csv","digest":"48237385d8d1d1e7219d3560b6e7670badbe919bb002f287db8d9352f6830174","path":"/srv/nexsis/inbox/enrolments.csv","mapping":"mappings.3","rows":7,"modified":"2026-11-29T17:24:09.938499+00:00","found":{"encoding":"utf-8","delimiter":"comma","header row":"1"},"filled":{"ID":100,"COURSE":100,"ROLE":100},"doubtful":false,"delta":false,"usable":7,"scoped":null,"tail":"28dbbc4fcb7f2b07f2cf3e034b8a","additions":{},"postponed":false},{"kind":"mapping","name":"mappings.4","digest":"f0a371d613f080354d506a692630cbb127642a2925058001c95ff27279ab65cb","path":"/srv/nexsis/mappings.yaml","mapping":"mappings.4","rows":null,"modified":null,"found":{},"filled":{},"doubtful":false,"delta":false,"usable":null,"scoped":null,"tail":"","additions":{},"postponed":false},{"kind":"sheet","name":"groups.csv","digest":"f144e0efa0ec4f69eef0e013a280ea617a16d544fa0f77e813b95446c72e3091","path":"/srv/nexsis/inbox/groups.csv","mapping":"mappings.4","rows":3,"modified":"2026-11-29T17:24:09.938553+00:00","found":{"encoding":"utf-8","delimiter":"comma","header row":"1"},"filled":{"COURSE":100,"GROUP":100,"NAME":100},"doubtful":false,"delta":false,"usable":3,"scoped":null,"tail":"","additions":{},"postponed":false},{"kind":"mapping","name":"mappings.5","digest":"9beef87637c806972e204487bed3ad413afdaad4c5d30cebdb8f3e3b7ec77015","path":"/srv/nexsis/mappings.yaml","mapping":"mappings.5","rows":null,"modified":null,"found":{},"filled":{},"doubtful":false,"delta":false,"usable":null,"scoped":null,"tail":"","additions":{},"postponed":false},{"kind":"sheet","name":"members.csv","digest":"bc52f2e95ed1462aefbace66ecf4cdef8375f22c5f65ef626c8e215df415a322","path":"/srv/nexsis/inbox/members.csv","mapping":"mappings.5","rows":4,"modified":"2026-11-29T17:24:09.938387+00:00","found":{"encoding":"utf-8","delimiter":"comma","header row":"1"},"filled":{"COURSE":100,"GROUP":100,"ID":100},"doubtful":false,"delta":false,"usable":4,"scoped":null,"tail":"bc1d9a711b82135a","additions":{},"postponed":false}]','[]','[{"code":"open-file","severity":"warning","message":"other accounts of this machine can read /srv/nexsis/mappings.yaml","hint":"Take that right from them: `chmod o-r FILE`, or `chmod o-rx` for the folder. Without it, they can read the token, people''s data or what decides about it.","resource":null,"file":null,"tab":null,"row":null,"column":null,"value":null,"key":null}]');
INSERT INTO "plans" VALUES(2,'p-20261129T172600-1671dc','https://moodle.example.edu','2026-11-29T17:26:00.744152+00:00','{"course":{"create":0,"update":0,"delete":0,"covered":0,"unchanged":2,"held":0,"rejected":0},"user":{"create":0,"update":1,"delete":0,"covered":0,"unchanged":4,"held":0,"rejected":0},"enrolment":{"create":1,"update":0,"delete":1,"covered":0,"unchanged":6,"held":1,"rejected":0},"group":{"create":0,"update":0,"delete":0,"covered":0,"unchanged":3,"held":0,"rejected":0},"group_member":{"create":1,"update":0,"delete":1,"covered":0,"unchanged":3,"held":1,"rejected":0}}','[{"kind":"site","name":"site.yaml","digest":"bed73d80a5d1d9395e9f4e912386c4d2cbad4b7f4d14b9c60f496e76d87b07f1","path":"/srv/nexsis/site.yaml","mapping":null,"rows":null,"modified":null,"found":{},"filled":{},"doubtful":false,"delta":false,"usable":null,"scoped":null,"tail":"","additions":{},"postponed":false},{"kind":"mapping","name":"mappings.1","digest":"95b44fed4ecbea7da83480da205d62722b285f731de783596241acd87e5f3eef","path":"/srv/nexsis/mappings.yaml","mapping":"mappings.1","rows":null,"modified":null,"found":{},"filled":{},"doubtful":false,"delta":false,"usable":null,"scoped":null,"tail":"","additions":{},"postponed":false},{"kind":"sheet","name":"courses.csv","digest":"15815262b837d012ea93b6dae2f90977a7bbaecd6a5cf29c4184932c0ded15fa","path":"/srv/nexsis/inbox/courses.csv","mapping":"mappings.1","rows":2,"modified":"2026-11-29T17:25:33.376128+00:00","found":{"encoding":"utf-8","delimiter":"comma","header row":"1"},"filled":{"ID":100,"NAME":100,"CATEGORY":100},"doubtful":false,"delta":false,"usable":2,"scoped":null,"tail":"","additions":{},"postponed":false},{"kind":"mapping","name":"mappings.2","digest":"a6d93d83e54b5772bf8cf70b468010637e579e88208c815f1201b243a0c64509","path":"/srv/nexsis/mappings.yaml","mapping":"mappings.2","rows":null,"modified":null,"found":{},"filled":{},"doubtful":false,"delta":false,"usable":null,"scoped":null,"tail":"","additions":{},"postponed":false},{"kind":"sheet","name":"users.csv","digest":"2b18624a23506805afc2481c31575eec534de37f583d141760a3d361518c35e3","path":"/srv/nexsis/inbox/users.csv","mapping":"mappings.2","rows":5,"modified":"2026-11-29T17:25:33.354170+00:00","found":{"encoding":"utf-8","delimiter":"comma","header row":"1"},"filled":{"ID":100,"LOGIN":100,"FIRST":100,"LAST":100,"MAIL":100},"doubtful":false,"delta":false,"usable":5,"scoped":null,"tail":"","additions":{},"postponed":false},{"kind":"mapping","name":"mappings.3","digest":"339824fcc8d71bfe8d2291986429f61884b9ba27bce000d0644dca689770e112","path":"/srv/nexsis/mappings.yaml","mapping":"mappings.3","rows":null,"modified":null,"found":{},"filled":{},"doubtful":false,"delta":false,"usable":null,"scoped":null,"tail":"","additions":{},"postponed":false},{"kind":"sheet","name":"enrolments.csv","digest":"0159d4a97f86f36243dbbc67a03b4273452f4f88bb007c8f5fc186f6826c4222","path":"/srv/nexsis/inbox/enrolments.csv","mapping":"mappings.3","rows":7,"modified":"2026-11-29T17:25:33.385825+00:00","found":{"encoding":"utf-8","delimiter":"comma","header row":"1"},"filled":{"ID":100,"COURSE":100,"ROLE":100},"doubtful":false,"delta":false,"usable":7,"scoped":null,"tail":"28dbbc4fcb7f2b07f2cf3e0312b3","additions":{},"postponed":false},{"kind":"mapping","name":"mappings.4","digest":"f0a371d613f080354d506a692630cbb127642a2925058001c95ff27279ab65cb","path":"/srv/nexsis/mappings.yaml","mapping":"mappings.4","rows":null,"modified":null,"found":{},"filled":{},"doubtful":false,"delta":false,"usable":null,"scoped":null,"tail":"","additions":{},"postponed":false},{"kind":"sheet","name":"groups.csv","digest":"f144e0efa0ec4f69eef0e013a280ea617a16d544fa0f77e813b95446c72e3091","path":"/srv/nexsis/inbox/groups.csv","mapping":"mappings.4","rows":3,"modified":"2026-11-29T17:25:33.389770+00:00","found":{"encoding":"utf-8","delimiter":"comma","header row":"1"},"filled":{"COURSE":100,"GROUP":100,"NAME":100},"doubtful":false,"delta":false,"usable":3,"scoped":null,"tail":"","additions":{},"postponed":false},{"kind":"mapping","name":"mappings.5","digest":"9beef87637c806972e204487bed3ad413afdaad4c5d30cebdb8f3e3b7ec77015","path":"/srv/nexsis/mappings.yaml","mapping":"mappings.5","rows":null,"modified":null,"found":{},"filled":{},"doubtful":false,"delta":false,"usable":null,"scoped":null,"tail":"","additions":{},"postponed":false},{"kind":"sheet","name":"members.csv","digest":"afb8f1edca0a938c2ed62538cf35871c30ffc3731a0bb25f40810c7ae8569b66","path":"/srv/nexsis/inbox/members.csv","mapping":"mappings.5","rows":4,"modified":"2026-11-29T17:25:33.354391+00:00","found":{"encoding":"utf-8","delimiter":"comma","header row":"1"},"filled":{"COURSE":100,"GROUP":100,"ID":100},"doubtful":false,"delta":false,"usable":4,"scoped":null,"tail":"9a711b82135acd8f","additions":{},"postponed":false}]','[{"id":"h-6d471b19","guard":"deletes","resource":"enrolment","slice":{"courseid":"His-27"},"count":1,"population":3,"limit":"over 10% of a roster, and more than 0","message":"1 of the 3 enrolments in His-27 would be removed. Have they all left, or are rows missing from the export?","approved_by":null,"approved_at":null,"part_of":null},{"id":"h-8c84311e","guard":"deletes","resource":"group_member","slice":{"courseid":"Bio-27"},"count":1,"population":3,"limit":"over 10% of a roster, and more than 0","message":"1 of the 3 group members in Bio-27 would be removed. Have they all left, or are rows missing from the export?","approved_by":null,"approved_at":null,"part_of":null}]','[{"code":"open-file","severity":"warning","message":"other accounts of this machine can read /srv/nexsis/mappings.yaml","hint":"Take that right from them: `chmod o-r FILE`, or `chmod o-rx` for the folder. Without it, they can read the token, people''s data or what decides about it.","resource":null,"file":null,"tab":null,"row":null,"column":null,"value":null,"key":null}]');
CREATE TABLE runs (
	seq INTEGER NOT NULL, 
	id TEXT NOT NULL, 
	"plan" TEXT NOT NULL, 
	started TEXT NOT NULL, 
	finished TEXT, 
	state TEXT NOT NULL, 
	reason TEXT NOT NULL, 
	PRIMARY KEY (seq), 
	UNIQUE (id), 
	FOREIGN KEY("plan") REFERENCES plans (id)
);
INSERT INTO "runs" VALUES(1,'r-20261129T172531-a864c1','p-20261129T172436-bfe546','2026-11-29T17:25:31.551199+00:00','2026-11-29T17:25:31.886257+00:00','done','');
INSERT INTO "runs" VALUES(2,'r-20261129T172649-0d1c23','p-20261129T172600-1671dc','2026-11-29T17:26:49.659188+00:00','2026-11-29T17:26:50.002191+00:00','done','');
CREATE TRIGGER changes_content BEFORE UPDATE OF "plan", "n", "stage", "resource", "op", "match", "slice", "key", "before", "after", "cause", "claims", "gate", "chain", "covered_by", "hold", "file", "tab", "row", "also" ON changes BEGIN SELECT RAISE(ABORT, 'the content of a stored change never changes'); END;
COMMIT;
