import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createRedactor } from "../../../shared/tools/redact.ts";

describe("redacting a text that was cut", () => {
  it("takes the beginning of a secret at its end, from four characters on", () => {
    const { cut } = createRedactor(["secret-token"]);
    expect(cut("it is secr")).toBe("it is [redacted]");
    expect(cut("it is sec")).toBe("it is sec");
    expect(cut("it is secret-token")).toBe("it is [redacted]");
  });

  it("takes a complete secret that ends where the beginning of another starts", () => {
    const { cut } = createRedactor(["alpha-bravo", "bravo-charlie"]);
    expect(cut("it is alpha-bravo-ch")).toBe("it is [redacted]");
  });

  it("leaves nothing of the beginning of a secret that has a shorter one inside", () => {
    const { cut } = createRedactor(["long-word and the rest", "long-word"]);
    expect(cut("it is long-word and th")).toBe("it is [redacted]");
  });
});

describe("redacting", () => {
  it.each([
    ["the longer first", ["long-word and the rest", "long-word"]],
    ["the shorter first", ["long-word", "long-word and the rest"]],
  ])("leaves no rest of a secret that has a shorter one inside, %s", (_, secrets) => {
    const { whole, cut } = createRedactor(secrets);
    expect(whole("it is long-word and the rest, not long-word")).toBe("it is [redacted], not [redacted]");
    expect(cut("it is long-word and the rest, not lo")).toBe("it is [redacted], not lo");
  });

  it("leaves no secret, whatever stands around it and wherever the text is cut", () => {
    const secret = fc.string({ minLength: 8, maxLength: 20, unit: fc.constantFrom(..."abcAB/+=-_.1") });
    fc.assert(
      fc.property(
        fc.array(secret, { minLength: 1, maxLength: 3 }),
        fc.string(),
        fc.nat(),
        (secrets, between, at) => {
          const text = secrets.map((each) => `#${between}#${each}`).join("");
          const redactor = createRedactor(secrets);
          const short = text.slice(0, at % (text.length + 1));
          for (const clean of [redactor.whole(text), redactor.whole(short), redactor.cut(short)]) {
            for (const each of secrets) expect(clean.toLowerCase()).not.toContain(each.toLowerCase());
          }
        },
      ),
    );
  });
});
