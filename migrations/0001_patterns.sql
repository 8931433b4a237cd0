CREATE TABLE `patterns` (
	`agent` text NOT NULL,
	`entity` text NOT NULL,
	`type` text NOT NULL,
	`data` text NOT NULL,
	`confidence` real DEFAULT 1 NOT NULL,
	`occurrences` integer DEFAULT 1 NOT NULL,
	`created_at` integer NOT NULL,
	`last_seen_at` integer NOT NULL,
	`source` text,
	PRIMARY KEY(`agent`, `entity`, `type`)
);
--> statement-breakpoint
CREATE INDEX `patterns_last_seen` ON `patterns` (`agent`,`last_seen_at`);--> statement-breakpoint
CREATE TABLE `__new_facts` (
	`agent` text NOT NULL,
	`user` text NOT NULL,
	`key` text NOT NULL,
	`fact` text NOT NULL,
	`confidence` real DEFAULT 1 NOT NULL,
	`occurrences` integer DEFAULT 1 NOT NULL,
	`created_at` integer NOT NULL,
	`last_seen_at` integer NOT NULL,
	`source` text,
	PRIMARY KEY(`agent`, `user`, `key`)
);
--> statement-breakpoint
INSERT OR IGNORE INTO `__new_facts`("agent", "user", "key", "fact", "confidence", "created_at", "last_seen_at") SELECT "agent", "user", lower(trim("fact")), "fact", "confidence", "created_at", "created_at" FROM `facts` ORDER BY "created_at";--> statement-breakpoint
DROP TABLE `facts`;--> statement-breakpoint
ALTER TABLE `__new_facts` RENAME TO `facts`;--> statement-breakpoint
CREATE INDEX `facts_last_seen` ON `facts` (`agent`,`last_seen_at`);