CREATE TABLE `health` (
	`kind` text NOT NULL,
	`name` text NOT NULL,
	`last_at` integer NOT NULL,
	`error_at` integer,
	`error` text,
	PRIMARY KEY(`kind`, `name`)
);
