CREATE TABLE `chats` (
	`agent` text NOT NULL,
	`id` text NOT NULL,
	`title` text NOT NULL,
	`updated_at` integer NOT NULL,
	PRIMARY KEY(`agent`, `id`)
);
--> statement-breakpoint
CREATE INDEX `chats_updated` ON `chats` (`agent`,`updated_at`);--> statement-breakpoint
CREATE TABLE `facts` (
	`agent` text NOT NULL,
	`user` text NOT NULL,
	`fact` text NOT NULL,
	`confidence` real DEFAULT 1 NOT NULL,
	`created_at` integer NOT NULL,
	PRIMARY KEY(`agent`, `user`, `fact`)
);
--> statement-breakpoint
CREATE TABLE `used_tickets` (
	`nonce` text PRIMARY KEY NOT NULL,
	`expires` integer NOT NULL
);
