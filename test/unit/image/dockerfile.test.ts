import { describe, expect, it } from "vitest";
import { readDockerfile } from "../../support/image/dockerfile.ts";

describe("reading a Dockerfile", () => {
  it("follows stages, defaults of arguments, and lines that go on", () => {
    const stages = readDockerfile(`
# a comment
ARG BASE=node:24
FROM --platform=$BUILDPLATFORM \${BASE} AS build
WORKDIR /src
COPY a.json b.json ./
RUN make \\
    # in between
    all
FROM empty
ARG VERSION=1
LABEL version="\${VERSION}" \\
      title="A title"
COPY --from=build /src/out.js /app/main.js
ENV PATH=/bin
USER 1:2
EXPOSE 8080
ENTRYPOINT ["/node", "/app/main.js"]
`);
    expect(stages).toEqual([
      {
        name: "build",
        baseImage: "node:24",
        steps: [
          { kind: "workdir", path: "/src" },
          { kind: "copy", from: null, sources: ["a.json", "b.json"], target: "./" },
          { kind: "run", command: "make all" },
        ],
        labels: {},
        env: {},
        user: null,
        ports: [],
        entrypoint: [],
      },
      {
        name: null,
        baseImage: "empty",
        steps: [{ kind: "copy", from: "build", sources: ["/src/out.js"], target: "/app/main.js" }],
        labels: { version: "1", title: "A title" },
        env: { PATH: "/bin" },
        user: "1:2",
        ports: [8080],
        entrypoint: ["/node", "/app/main.js"],
      },
    ]);
  });

  it.each([
    ["FROM a\nHEALTHCHECK NONE", "line 2: HEALTHCHECK: expected an instruction that this reader knows"],
    ["FROM a\n\nENTRYPOINT node main.js", "line 3: ENTRYPOINT: expected a JSON array of strings"],
    ["FROM a\nCOPY --chown=1 b c", "line 2: COPY: expected sources and a target"],
    ["USER 1:1", "line 1: USER: expected FROM before it"],
  ])("refuses what it does not understand: %j", (text, problem) => {
    expect(() => readDockerfile(text)).toThrow(problem);
  });
});
