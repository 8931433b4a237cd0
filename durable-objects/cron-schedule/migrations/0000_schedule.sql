CREATE TABLE `cron_jobs` (
	`id` text PRIMARY KEY NOT NULL,
	`schedule` text NOT NULL,
	`timezone` text NOT NULL,
	`since` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `cron_runs` (
	`seq` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`id` text NOT NULL,
	`job` text,
	`trigger` text NOT NULL,
	`scheduled_at` integer NOT NULL,
	`state` text NOT NULL,
	`event` text NOT NULL,
	`conversation` text NOT NULL,
	`stopping` integer DEFAULT false NOT NULL,
	`turn` text,
	`output` text,
	`quiet` integer DEFAULT false NOT NULL,
	`cost_usd` real,
	`started_at` integer,
	`finished_at` integer
);
--> statement-breakpoint
CREATE UNIQUE INDEX `cron_runs_id_unique` ON `cron_runs` (`id`);--> statement-breakpoint
CREATE INDEX `cron_runs_job` ON `cron_runs` (`job`,`seq`);--> statement-breakpoint
CREATE INDEX `cron_runs_state` ON `cron_runs` (`state`);