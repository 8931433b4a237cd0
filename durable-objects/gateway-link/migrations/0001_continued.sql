CREATE TABLE `continued` (
	`seq` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`place_id` text NOT NULL,
	`conversation` text NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `continued_place_id_unique` ON `continued` (`place_id`);