CREATE TABLE `conductor_agents` (
	`stream` text PRIMARY KEY NOT NULL,
	`version` integer NOT NULL,
	`agent` text NOT NULL
);
--> statement-breakpoint
CREATE TABLE `conductor_events` (
	`seq` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`id` text NOT NULL,
	`stream` text NOT NULL,
	`version` integer NOT NULL,
	`type` text NOT NULL,
	`data` text NOT NULL,
	`at` integer NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `conductor_events_id_unique` ON `conductor_events` (`id`);--> statement-breakpoint
CREATE UNIQUE INDEX `conductor_events_stream` ON `conductor_events` (`stream`,`version`);--> statement-breakpoint
CREATE TABLE `conductor_issues` (
	`stream` text PRIMARY KEY NOT NULL,
	`version` integer NOT NULL,
	`issue` text NOT NULL,
	`state` text NOT NULL,
	`rank` integer NOT NULL,
	`approved_at` integer NOT NULL,
	`repo` text NOT NULL,
	`issue_number` integer NOT NULL,
	`agent_id` text
);
--> statement-breakpoint
CREATE INDEX `conductor_issues_queue` ON `conductor_issues` (`state`,`rank`,`approved_at`,`repo`,`issue_number`);--> statement-breakpoint
CREATE TABLE `conductor_learnings` (
	`repo` text NOT NULL,
	`key` text NOT NULL,
	`learning` text NOT NULL,
	`agent_id` text NOT NULL,
	`occurrences` integer DEFAULT 1 NOT NULL,
	`created_at` integer NOT NULL,
	`last_seen_at` integer NOT NULL,
	PRIMARY KEY(`repo`, `key`)
);
--> statement-breakpoint
CREATE TABLE `conductor_logs` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`agent_id` text NOT NULL,
	`stream` text NOT NULL,
	`level` text NOT NULL,
	`message` text NOT NULL,
	`at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `conductor_logs_agent` ON `conductor_logs` (`agent_id`,`id`);--> statement-breakpoint
CREATE INDEX `conductor_logs_stream` ON `conductor_logs` (`stream`,`id`);