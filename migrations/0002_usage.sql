CREATE TABLE `usage` (
	`turn` text NOT NULL,
	`step` integer NOT NULL,
	`attempt` integer NOT NULL,
	`agent` text NOT NULL,
	`conversation` text NOT NULL,
	`provider` text NOT NULL,
	`model` text NOT NULL,
	`input_tokens` integer,
	`output_tokens` integer,
	`cache_read_tokens` integer,
	`cache_write_tokens` integer,
	`usd` real,
	`at` integer NOT NULL,
	PRIMARY KEY(`turn`, `step`, `attempt`)
);
--> statement-breakpoint
CREATE INDEX `usage_at` ON `usage` (`at`);--> statement-breakpoint
CREATE INDEX `usage_agent` ON `usage` (`agent`,`at`);