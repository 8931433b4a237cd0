/** The application that the bot belongs to: its key, with which Discord signs what it sends, and what its owner sets. */
import { generateKeyPairSync, type KeyObject, sign } from "node:crypto";

interface KeyPair {
  publicKey: KeyObject;
  privateKey: KeyObject;
}

/** Headers of a signed request ("Validating Security Request Headers"). */
export interface SignatureHeaders {
  "x-signature-ed25519": string;
  "x-signature-timestamp": string;
}

/** Application flags by Discord's names; a bot in fewer than 100 guilds has the limited ones. */
const FLAGS = {
  gatewayPresenceLimited: 1 << 13,
  gatewayGuildMembersLimited: 1 << 15,
  gatewayMessageContent: 1 << 18,
  gatewayMessageContentLimited: 1 << 19,
} as const;

/** Gateway intents that an application must be given, and the flag that says so. */
const PRIVILEGED: readonly (readonly [intent: number, flag: number])[] = [
  [1 << 1, FLAGS.gatewayGuildMembersLimited],
  [1 << 8, FLAGS.gatewayPresenceLimited],
  [1 << 15, FLAGS.gatewayMessageContentLimited],
];

export class Application {
  description = "";
  /** Where interactions are sent to; `null`: over the Gateway. */
  endpointUrl: string | null = null;
  flags: number;
  #keys: KeyPair = generateKeyPairSync("ed25519");
  readonly #strangersKeys: KeyPair = generateKeyPairSync("ed25519");

  /** @param disallowedIntents as the Gateway refuses them */
  constructor(disallowedIntents: number) {
    this.flags = PRIVILEGED.reduce(
      (flags, [intent, flag]) => ((disallowedIntents & intent) === 0 ? flags | flag : flags),
      0,
    );
  }

  /**
   * Whether REST shows it what people write. "HTTP API restrictions are independent of Gateway restrictions": what IDENTIFY
   * asked for does not matter ("HTTP Restrictions" in the Gateway topic).
   */
  get readsContent(): boolean {
    return (this.flags & (FLAGS.gatewayMessageContent | FLAGS.gatewayMessageContentLimited)) !== 0;
  }

  /** 64 hexadecimal digits, as the developer portal shows it. */
  get publicKey(): string {
    return rawPublicKey(this.#keys);
  }

  /** From now on another key signs; returns its public half. */
  rotateKey(): string {
    this.#keys = generateKeyPairSync("ed25519");
    return this.publicKey;
  }

  /** @param timestamp seconds since 1970, as in its header */
  sign(timestamp: string, body: string): SignatureHeaders {
    return signatureHeaders(this.#keys, timestamp, body);
  }

  /** A signature in the right form, under a key that is nobody's. */
  forge(timestamp: string, body: string): SignatureHeaders {
    return signatureHeaders(this.#strangersKeys, timestamp, body);
  }
}

function signatureHeaders({ privateKey }: KeyPair, timestamp: string, body: string): SignatureHeaders {
  return {
    "x-signature-ed25519": sign(null, Buffer.from(timestamp + body), privateKey).toString("hex"),
    "x-signature-timestamp": timestamp,
  };
}

function rawPublicKey({ publicKey }: KeyPair): string {
  return Buffer.from(publicKey.export({ format: "jwk" }).x ?? "", "base64url").toString("hex");
}
