import { describe, expect, it } from "vitest";
import { left, sshCommand } from "./format";

describe("the command that connects", () => {
  it("is what an SSH client takes", () => {
    expect(sshCommand("ssh://alice+Linux_sudo+web01+~1b4e@127.0.0.1:4422")).toBe(
      "ssh -p 4422 'alice+Linux_sudo+web01+~1b4e@127.0.0.1'",
    );
    expect(sshCommand("ssh://a+b+c+~1@gate.example:22")).toBe("ssh 'a+b+c+~1@gate.example'");
    expect(sshCommand("ssh://a+b+c+~1@[::1]:4422")).toBe("ssh -p 4422 'a+b+c+~1@::1'");
  });

  it("runs nothing else, whatever the names are", () => {
    expect(sshCommand("ssh://a%27%3B%20rm%20-rf%20~%3B%27+b+c+~1@gate:4422")).toBe(
      "ssh -p 4422 'a'\\''; rm -rf ~;'\\''+b+c+~1@gate'",
    );
    expect(sshCommand("ssh://a%0Areboot%0A+b+c+~1@gate:4422")).not.toContain("\n");
    expect(sshCommand("ssh://a+b+c+~1@gate;reboot:4422/x")).toBeNull();
    expect(sshCommand("javascript:alert(1)")).toBeNull();
  });
});

describe("time left", () => {
  it("counts down to nothing", () => {
    const now = Date.parse("2026-01-01T00:00:00Z");
    expect(left("2026-01-01T01:02:03Z", now)).toBe("1:02:03");
    expect(left("2026-01-01T00:00:00Z", now)).toBeNull();
    expect(left("never", now)).toBeNull();
  });
});
