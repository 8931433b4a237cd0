CREATE TABLE `channels` (
	`id` text PRIMARY KEY NOT NULL,
	`guild_id` text,
	`type` integer NOT NULL,
	`name` text NOT NULL,
	`parent_id` text,
	`is_archived` integer DEFAULT false NOT NULL,
	`is_involved` integer DEFAULT false NOT NULL,
	`bot_turns` integer DEFAULT 0 NOT NULL,
	`listening_since` integer,
	`last_seen` text,
	`is_catching_up` integer DEFAULT false NOT NULL,
	`is_unreadable` integer DEFAULT false NOT NULL
);
--> statement-breakpoint
CREATE INDEX `channels_guild` ON `channels` (`guild_id`);--> statement-breakpoint
CREATE INDEX `channels_catching_up` ON `channels` (`id`) WHERE "channels"."is_catching_up" = 1;--> statement-breakpoint
CREATE TABLE `guilds` (
	`id` text PRIMARY KEY NOT NULL,
	`since` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `held` (
	`message_id` text PRIMARY KEY NOT NULL,
	`channel_id` text NOT NULL,
	`message` text NOT NULL,
	`source` text NOT NULL
);
--> statement-breakpoint
CREATE INDEX `held_channel` ON `held` (`channel_id`);--> statement-breakpoint
CREATE TABLE `link` (
	`id` integer PRIMARY KEY NOT NULL,
	`lease` text NOT NULL,
	`installed_at` integer NOT NULL,
	`bot_user_id` text,
	`shard_count` integer,
	`session_id` text,
	`resume_url` text,
	`seq` integer,
	`session_signed_at` integer
);
--> statement-breakpoint
CREATE TABLE `routed` (
	`seq` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`message_id` text NOT NULL,
	`conversation` text NOT NULL,
	`target` text NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `routed_message_id_unique` ON `routed` (`message_id`);--> statement-breakpoint
CREATE TABLE `user_threads` (
	`parent_id` text NOT NULL,
	`user_id` text NOT NULL,
	`thread_id` text NOT NULL,
	PRIMARY KEY(`parent_id`, `user_id`)
);
--> statement-breakpoint
CREATE INDEX `user_threads_thread` ON `user_threads` (`thread_id`);