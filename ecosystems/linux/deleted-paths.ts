/**
 * Shell text that prints the deleted files which are still mapped and which a package could own, each once. Without
 * root only those of the account's own processes can be read.
 */
export const deletedPaths = `grep -hF ' (deleted)' /proc/[0-9]*/maps 2>/dev/null |
  sed -n 's|^[^/]* \\(/.*\\) (deleted)$|\\1|p' |
  grep -v -e '^/memfd:' -e '^/dev/' -e '^/SYSV' -e '^/tmp/' -e '^/var/tmp/' -e '^/run/' -e '^/var/lib/' -e '^/var/cache/' -e '^/\\[aio\\]' |
  sort -u | head -n 2000`;
