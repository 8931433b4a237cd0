CREATE TABLE `summaries` (
	`id` integer PRIMARY KEY NOT NULL,
	`text` text NOT NULL,
	`up_to` integer NOT NULL,
	`since` integer NOT NULL
);
