CREATE TABLE `calls` (
	`turn` text NOT NULL,
	`step` integer NOT NULL,
	`attempt` integer NOT NULL,
	`status` text NOT NULL,
	`conversation` text NOT NULL,
	`provider` text NOT NULL,
	`model` text NOT NULL,
	`input_tokens` integer,
	`output_tokens` integer,
	`cache_read_tokens` integer,
	`cache_write_tokens` integer,
	`nano_usd` integer,
	`at` integer NOT NULL,
	PRIMARY KEY(`turn`, `step`, `attempt`)
);
--> statement-breakpoint
CREATE INDEX `calls_status` ON `calls` (`status`,`at`);--> statement-breakpoint
CREATE TABLE `reservations` (
	`turn` text NOT NULL,
	`step` integer NOT NULL,
	`attempt` integer NOT NULL,
	`nano_usd` integer NOT NULL,
	`lease_until` integer NOT NULL,
	PRIMARY KEY(`turn`, `step`, `attempt`)
);
--> statement-breakpoint
CREATE INDEX `reservations_lease` ON `reservations` (`lease_until`);--> statement-breakpoint
CREATE TABLE `settings` (
	`name` text PRIMARY KEY NOT NULL,
	`value` text NOT NULL
);
--> statement-breakpoint
CREATE TABLE `spending` (
	`day` text PRIMARY KEY NOT NULL,
	`nano_usd` integer NOT NULL,
	`assumed_nano_usd` integer NOT NULL,
	`calls` integer NOT NULL,
	`unpriced_calls` integer NOT NULL
);
