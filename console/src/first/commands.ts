/** What an administrator runs on a host so that Locum can sign in there. */

/** Account names that need no quotes in a shell: nothing else gets into a command. */
export const ACCOUNT = "[a-z_][a-z0-9_\\-]{0,31}";

/** Makes the account, lets Locum's key in, and lets the account be root by `/bin/sh` alone. */
export function hostCommands(account: string, publicKey: string): string {
  if (!new RegExp(`^${ACCOUNT}$`).test(account)) throw new RangeError("no name of an account");
  const key = publicKey.split(/\s+/).slice(0, 2).join(" ").replace(/[^A-Za-z0-9+/=@. -]/g, "");
  const folder = `~${account}/.ssh`;
  const access = [
    `install -d -m 0700 -o ${account} -g ${account} ${folder}`,
    `echo 'restrict ${key} locum' >> ${folder}/authorized_keys`,
    `chown ${account}: ${folder}/authorized_keys && chmod 0600 ${folder}/authorized_keys`,
  ];
  if (account === "root") return access.join("\n");
  return [
    `id -u ${account} >/dev/null 2>&1 || useradd --create-home --shell /bin/sh ${account}`,
    ...access,
    `echo '${account} ALL=(root) NOPASSWD: /bin/sh' > /etc/sudoers.d/${account}`,
    `chmod 0440 /etc/sudoers.d/${account}`,
  ].join("\n");
}

/** Lets a host take certificates of Locum's user CA, whose public line this is. */
export function caCommands(line: string): string {
  const file = "/etc/ssh/locum_user_ca.pub";
  return [
    `echo '${line.replace(/[^A-Za-z0-9+/=@.: -]/g, "")}' > ${file}`,
    `echo 'TrustedUserCAKeys ${file}' >> /etc/ssh/sshd_config`,
    "systemctl reload ssh",
  ].join("\n");
}
