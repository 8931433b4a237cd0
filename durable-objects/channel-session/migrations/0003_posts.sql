CREATE TABLE `posts` (
	`turn_id` text NOT NULL,
	`part` integer NOT NULL,
	`take` integer NOT NULL,
	`channel_id` text NOT NULL,
	`message_id` text,
	`content` text NOT NULL,
	`confirmed` integer NOT NULL,
	`has_file` integer NOT NULL,
	`stopping` integer NOT NULL,
	`attempted_at` integer NOT NULL,
	PRIMARY KEY(`turn_id`, `part`)
);
