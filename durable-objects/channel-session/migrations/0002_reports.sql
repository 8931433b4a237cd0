CREATE TABLE `reports` (
	`turn_id` text NOT NULL,
	`step` integer NOT NULL,
	`attempt` integer NOT NULL,
	`provider` text NOT NULL,
	`model` text NOT NULL,
	`usage` text,
	`at` integer NOT NULL,
	PRIMARY KEY(`turn_id`, `step`, `attempt`)
);
