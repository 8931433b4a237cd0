CREATE TABLE `inbox` (
	`seq` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`event_id` text NOT NULL,
	`turn_id` text NOT NULL,
	`answered_by` text,
	`status` text NOT NULL,
	`event` text NOT NULL,
	`received_at` integer NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `inbox_event_id_unique` ON `inbox` (`event_id`);--> statement-breakpoint
CREATE INDEX `inbox_status` ON `inbox` (`status`,`seq`);--> statement-breakpoint
CREATE INDEX `inbox_turn` ON `inbox` (`turn_id`);--> statement-breakpoint
CREATE INDEX `inbox_answered` ON `inbox` (`answered_by`);--> statement-breakpoint
CREATE TABLE `jobs` (
	`kind` text PRIMARY KEY NOT NULL,
	`run_at` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `outbox` (
	`seq` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`turn_id` text NOT NULL,
	`target` text NOT NULL,
	`text` text NOT NULL,
	`status` text NOT NULL,
	`created_at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `outbox_turn` ON `outbox` (`turn_id`,`seq`);--> statement-breakpoint
CREATE TABLE `steps` (
	`turn_id` text NOT NULL,
	`step` integer NOT NULL,
	`entry` text NOT NULL,
	`started_at` integer NOT NULL,
	`finished_at` integer,
	PRIMARY KEY(`turn_id`, `step`)
);
--> statement-breakpoint
CREATE TABLE `transcript` (
	`seq` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`turn_id` text NOT NULL,
	`role` text NOT NULL,
	`content` text NOT NULL,
	`at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `transcript_turn` ON `transcript` (`turn_id`);--> statement-breakpoint
CREATE TABLE `turns` (
	`id` text PRIMARY KEY NOT NULL,
	`seq` integer NOT NULL,
	`state` text NOT NULL,
	`generation` integer NOT NULL,
	`provider` text,
	`model` text,
	`failure` text,
	`started_at` integer NOT NULL,
	`finished_at` integer
);
--> statement-breakpoint
CREATE INDEX `turns_state` ON `turns` (`state`);--> statement-breakpoint
CREATE INDEX `turns_seq` ON `turns` (`seq`);