import { createApp } from "./app.ts";

export { ChannelSession } from "../durable-objects/channel-session/channel-session.ts";

export default createApp();
