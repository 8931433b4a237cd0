CREATE TABLE `threads` (
	`message_id` text PRIMARY KEY NOT NULL,
	`state` text NOT NULL
);
