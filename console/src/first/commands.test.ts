import { expect, test } from "vitest";
import { caCommands, hostCommands } from "./commands";

test("root needs no account and no sudo rule", () => {
  expect(hostCommands("root", "ssh-ed25519 AAAA there")).not.toMatch(/useradd|sudoers/);
  expect(hostCommands("locum", "ssh-ed25519 AAAA there")).toContain("'restrict ssh-ed25519 AAAA locum'");
});

test("nothing that was typed in becomes a command", () => {
  expect(() => hostCommands("x; rm -rf /", "ssh-ed25519 AAAA")).toThrow(RangeError);
  expect(hostCommands("locum", "ssh-ed25519 AAAA'$(id)'")).toContain("ssh-ed25519 AAAAid locum");
  expect(caCommands("ssh-ed25519 AAAA '; id")).not.toContain("'; id");
});
