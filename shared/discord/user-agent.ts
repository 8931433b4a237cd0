/** What every client of Discord's HTTP API has to say of itself ("User Agent" in the API reference). */
export const USER_AGENT = "DiscordBot (https://github.com/rig-edge/rig-edge, 0.1.0)";
