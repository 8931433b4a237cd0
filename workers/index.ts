import { createApp } from "./app.ts";

export { AgentHub } from "../durable-objects/agent-hub/agent-hub.ts";
export { ChannelSession } from "../durable-objects/channel-session/channel-session.ts";
export { GatewayLink } from "../durable-objects/gateway-link/gateway-link.ts";

export default createApp();
