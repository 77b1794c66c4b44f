#!/usr/bin/env python3
"""make_sbom.py PROGRAM ROOT OUT: what is in the package below ROOT and what PROGRAM is made of and loads, as SPDX 2.3 JSON. Debian's
packages are asked of dpkg-query. The date is SOURCE_DATE_EPOCH's, so that the same package has the same bill."""

import hashlib
import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path

HEADER_ONLY = ("libcli11-dev", "libexpected-dev")  # compiled into the program
LIBRARY_FOLDERS = ("/lib", "/usr/lib")


def said_by(*command):
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def linked_libraries(program):
    """Paths of everything the loader takes for PROGRAM, by soname."""
    found = re.findall(r"^\s*(\S+) => (/\S+)|^\s*(/\S+ld-\S+)", said_by("ldd", program), re.MULTILINE)
    return {name or Path(loader).name: path or loader for name, path, loader in found}


def loaded_libraries(program, linked):
    """Those that the program opens by name when a configuration needs them."""
    names = {name.decode() for name in re.findall(rb"\0(lib[\w+-]+\.so\.\d+)(?=\0)", Path(program).read_bytes())} - set(linked)
    known = dict(re.findall(r"^\s*(\S+) \(.*\) => (/\S+)$", said_by("/sbin/ldconfig", "-p"), re.MULTILINE))
    return {name: known[name] for name in names if name in known}


def package_of(path):
    real = os.path.realpath(path)
    for candidate in (path, real, *(real.replace("/usr/lib", "/lib", 1), "/usr" + real)):
        done = subprocess.run(["dpkg-query", "--search", candidate], capture_output=True, text=True, check=False)
        if done.returncode == 0:
            return done.stdout.split(": ")[0]
    raise LookupError(f"no Debian package has {path}")


def debian_package(name):
    package, version, architecture, source = said_by(
        "dpkg-query", "--show", "--showformat=${binary:Package} ${Version} ${Architecture} ${source:Package}", name).split()
    package = package.split(":")[0]
    return {
        "SPDXID": "SPDXRef-Package-" + re.sub(r"[^A-Za-z0-9.-]", "-", package), "name": package, "versionInfo": version,
        "supplier": "Organization: Debian", "downloadLocation": "NOASSERTION", "filesAnalyzed": False,
        "licenseConcluded": "NOASSERTION", "licenseDeclared": "NOASSERTION", "copyrightText": "NOASSERTION",
        "sourceInfo": f"Debian source package {source}",
        "externalRefs": [{"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl",
                          "referenceLocator": f"pkg:deb/debian/{package}@{version.replace('+', '%2B').replace(':', '%3A')}?arch={architecture}"}],
    }


def packaged_file(path, root):
    content = path.read_bytes()
    name = "./" + str(path.relative_to(root))
    return {
        "SPDXID": "SPDXRef-File-" + hashlib.sha256(name.encode()).hexdigest()[:24], "fileName": name,
        "checksums": [{"algorithm": "SHA1", "checksumValue": hashlib.sha1(content, usedforsecurity=False).hexdigest()},
                      {"algorithm": "SHA256", "checksumValue": hashlib.sha256(content).hexdigest()}],
        "licenseConcluded": "NOASSERTION", "licenseInfoInFiles": ["NOASSERTION"], "copyrightText": "NOASSERTION",
    }


def own_package(program, files, excluded):
    version = said_by(program, "version").split()[1]
    sums = sorted(file["checksums"][0]["checksumValue"] for file in files)
    code = hashlib.sha1("".join(sums).encode(), usedforsecurity=False).hexdigest()
    return {
        "SPDXID": "SPDXRef-Package-llmtrail", "name": "llmtrail", "versionInfo": version, "downloadLocation": "NOASSERTION",
        "primaryPackagePurpose": "APPLICATION", "supplier": "NOASSERTION", "filesAnalyzed": True,
        "packageVerificationCode": {"packageVerificationCodeValue": code, "packageVerificationCodeExcludedFiles": [excluded]},
        "licenseConcluded": "Apache-2.0", "licenseDeclared": "Apache-2.0", "licenseInfoFromFiles": ["NOASSERTION"],
        "copyrightText": "NOASSERTION",
    }


def bill(program, root, out):
    paths = sorted(path for path in root.rglob("*") if path.is_file() and not path.is_symlink() and path != out and "DEBIAN" not in path.parts)
    files = [packaged_file(path, root) for path in paths]
    own = own_package(program, files, "./" + str(out.relative_to(root)))
    linked = linked_libraries(program)
    kinds = {"DYNAMIC_LINK": {package_of(path) for path in linked.values()}, "STATIC_LINK": set(HEADER_ONLY)}
    kinds["RUNTIME_DEPENDENCY_OF"] = {package_of(path) for path in loaded_libraries(program, linked).values()} - kinds["DYNAMIC_LINK"]
    packages = {}
    relationships = [("SPDXRef-DOCUMENT", "DESCRIBES", own["SPDXID"])]
    for kind, names in kinds.items():
        for name in sorted(names):
            package = packages.setdefault(name, debian_package(name))
            ends = (own["SPDXID"], package["SPDXID"])
            relationships.append((ends[0], kind, ends[1]) if kind.endswith("LINK") else (ends[1], kind, ends[0]))
    relationships += [(own["SPDXID"], "CONTAINS", file["SPDXID"]) for file in files]
    when = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(int(os.environ.get("SOURCE_DATE_EPOCH", "0"))))
    identity = own["packageVerificationCode"]["packageVerificationCodeValue"]
    return {
        "spdxVersion": "SPDX-2.3", "dataLicense": "CC0-1.0", "SPDXID": "SPDXRef-DOCUMENT", "name": f"llmtrail-{own['versionInfo']}",
        "documentNamespace": f"https://llmtrail.example/spdx/llmtrail-{own['versionInfo']}-{identity}",
        "creationInfo": {"created": when, "creators": ["Tool: llmtrail-make_sbom"]},
        "packages": [own, *(packages[name] for name in sorted(packages))], "files": files,
        "relationships": [{"spdxElementId": a, "relationshipType": kind, "relatedSpdxElement": b} for a, kind, b in relationships],
    }


def main():
    program, root, out = sys.argv[1], Path(sys.argv[2]).resolve(), Path(sys.argv[3]).resolve()
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps(bill(program, root, out), indent=1) + "\n")
    out.chmod(0o644)


if __name__ == "__main__":
    try:
        main()
    except (OSError, LookupError, subprocess.CalledProcessError) as error:
        sys.exit(f"make_sbom: {error}")
