/** A security repository of our own on a host of the fleet: cases that the real archives do not have every week. */
import type { FleetHost } from './host.ts';
import { inside } from './old-library.ts';
import type { Library } from './old-library.ts';

/** Packages are `name_1.0-1` installed and `name_2.0-1` on offer. `build` takes name, version, source, dependency. */
const functions = `
set -e
mkdir -p /srv/own/pool
arch=$(dpkg --print-architecture)
build() {
  mkdir -p "/srv/build/$1/DEBIAN"
  printf 'Package: %s\\nVersion: %s\\nSource: %s\\nArchitecture: %s\\nMaintainer: Nobody <nobody@example.org>\\nDepends: %s\\nDescription: test\\n' \\
    "$1" "$2" "$3" "$arch" "$4" | sed '/^Depends: $/d' >"/srv/build/$1/DEBIAN/control"
  dpkg-deb --build -Znone --root-owner-group "/srv/build/$1" "/srv/own/pool/$1_$2.deb" >/dev/null
}
paragraphs() {
  for file in pool/*_2.0-1.deb; do
    dpkg-deb -f "$file"
    printf 'Filename: %s\\nSize: %s\\nSHA256: %s\\n\\n' "$file" "$(stat -c %s "$file")" "$(sha256sum <"$file" | cut -d ' ' -f 1)"
  done
}
# Offers what the pool holds as the security archive of a release; only this list is fetched.
offer() {
  cd /srv/own
  mkdir -p "dists/$1-security/main/binary-$arch"
  paragraphs >"dists/$1-security/main/binary-$arch/Packages"
  cd "dists/$1-security"
  file=main/binary-$arch/Packages
  { printf 'Origin: Debian\\nLabel: Debian-Security\\nSuite: stable-security\\nCodename: %s-security\\nArchitectures: %s\\nComponents: main\\n' "$1" "$arch"
    printf 'Date: %s\\nSHA256:\\n' "$(date -u -R | sed 's/+0000/UTC/')"
    printf ' %s %s %s\\n' "$(sha256sum <"$file" | cut -d ' ' -f 1)" "$(stat -c %s "$file")" "$file"; } >Release
  list=/etc/apt/sources.list.d/own.list
  echo "deb [trusted=yes] file:/srv/own $1-security main" >$list
  apt-get -q update -o Dir::Etc::sourcelist=$list -o Dir::Etc::sourceparts=- -o APT::Get::List-Cleanup=0 >/dev/null
}
`;

/** `demo-tool` 2.0-1 needs `demo-lib2` in the place of `demo-lib1`, which is installed and stays. */
export function offerRenamedLibrary(host: FleetHost, codename: string): { source: string } {
  const lines = `
    build demo-lib1 1.0-1 demo-parts ''
    build demo-tool 1.0-1 demo-parts demo-lib1
    dpkg -i /srv/own/pool/demo-lib1_1.0-1.deb /srv/own/pool/demo-tool_1.0-1.deb >/dev/null
    build demo-lib2 2.0-1 demo-parts ''
    build demo-tool 2.0-1 demo-parts demo-lib2
    offer ${codename}`;
  inside(host, functions + lines);
  return { source: 'demo-parts' };
}

/** A library that nothing uses yet; its code is that of a real one. */
export function offerLibrary(host: FleetHost, codename: string): Library {
  const lines = `
    mkdir -p /srv/build/demo-library/usr/lib
    cp "$(find /usr/lib /lib -name 'libz.so.1.*' | head -n 1)" /srv/build/demo-library/usr/lib/libdemo.so.1
    build demo-library 1.0-1 demo-library ''
    dpkg -i /srv/own/pool/demo-library_1.0-1.deb >/dev/null
    build demo-library 2.0-1 demo-library ''
    offer ${codename}`;
  inside(host, functions + lines);
  return { file: '/usr/lib/libdemo.so.1', source: 'demo-library', packages: ['demo-library'] };
}
