# SPDX-License-Identifier: MIT
"""Certificates of a made-up world for the tests of TLS, by the openssl command: CAs, servers, clients, and what is wrong
with some of them. All are valid today; a guest's clock says otherwise where a test wants it to."""

import base64
import os
import subprocess
import sys

from machine import ROOT

NAME = "coracle.test"
SERVER = ("keyUsage=digitalSignature", "extendedKeyUsage=serverAuth",
          f"subjectAltName=DNS:{NAME},DNS:localhost,IP:127.0.0.1,IP:10.0.2.2")
CA = ("basicConstraints=critical,CA:TRUE", "keyUsage=keyCertSign,cRLSign")
CLIENT = ("keyUsage=digitalSignature", "extendedKeyUsage=clientAuth")
EC, RSA = ("ec", "-pkeyopt", "ec_paramgen_curve:P-256"), ("rsa:2048",)


def openssl(*words):
    subprocess.run(["openssl", *words], check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL)


class Pki:
    """Files NAME.pem, with what signed it behind it, and NAME.key, in .folder; all of them in the archive .initrd."""

    def __init__(self, folder):
        self.folder = str(folder)
        with open(self.path("conf"), "w", encoding="ascii") as f:
            f.write("[req]\ndistinguished_name=dn\n[dn]\n")
        self.make("ca", "Test CA", CA)
        self.make("other-ca", "Other CA", CA)
        self.make("middle", "Middle CA", CA, by="ca")
        self.make("good", NAME, SERVER, by="ca")
        self.make("rsa", NAME, SERVER, by="middle", key=RSA)
        self.join("rsa", "middle")
        self.make("stranger", NAME, SERVER, by="other-ca")
        self.make("self", NAME, SERVER)
        self.make("elsewhere", "elsewhere.test", (*SERVER[:2], "subjectAltName=DNS:elsewhere.test"), by="ca")
        self.make("p384", NAME, SERVER, by="ca", key=("ec", "-pkeyopt", "ec_paramgen_curve:P-384"))
        self.make("short", NAME, SERVER, by="ca", key=("rsa:1024",))
        self.make("sha1", NAME, SERVER, by="ca", digest="-sha1")
        self.make("no-server", NAME, (*CLIENT, SERVER[2]), by="ca")
        self.make("client", "a client", CLIENT, by="ca")
        self.make("client-rsa", "another client", CLIENT, by="middle", key=("rsa:4096",))
        self.join("client-rsa", "middle")
        self.make("client-stranger", "no client of ours", CLIENT, by="other-ca")
        openssl("pkcs8", "-topk8", "-in", self.path("good.key"), "-out", self.path("locked.key"), "-passout", "pass:x")
        with open(self.path("junk.pem"), "w", encoding="ascii") as f:
            f.write("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
        with open(self.path("both.pem"), "w", encoding="ascii") as f:
            f.write(self.text("other-ca.pem") + self.text("ca.pem"))
        os.mkdir(self.path("www"))
        with open(self.path("www/big"), "wb") as f:
            f.write(bytes(range(256)) * 4096)
        self.initrd = self.path("initrd")
        names = sorted(n for n in os.listdir(self.folder) if n.endswith((".pem", ".key")))
        subprocess.run([sys.executable, str(ROOT / "tools/pack-files.py"), self.folder, self.initrd, *names, "www/big"],
                       check=True)

    def path(self, name):
        return f"{self.folder}/{name}"

    def text(self, name):
        with open(self.path(name), encoding="ascii") as f:
            return f.read()

    def make(self, name, cn, extensions, by=None, key=EC, digest="-sha256"):
        words = ["req", "-x509", "-config", self.path("conf"), "-newkey", *key, "-nodes", digest, "-days", "3650",
                 "-subj", f"/CN={cn}", "-keyout", self.path(f"{name}.key"), "-out", self.path(f"{name}.pem")]
        for e in extensions:
            words += ["-addext", e]
        openssl(*words, *(("-CA", self.path(f"{by}.pem"), "-CAkey", self.path(f"{by}.key")) if by else ()))

    def join(self, name, by):
        """The chain in one file."""
        text = self.text(f"{name}.pem") + self.text(f"{by}.pem")
        with open(self.path(f"{name}.pem"), "w", encoding="ascii") as f:
            f.write(text)

    def data(self, name):
        """What fits into a boot argument: "data:" and the DER in base64."""
        kind = ("pkey",) if name.endswith(".key") else ("x509",)
        der = subprocess.run(["openssl", *kind, "-in", self.path(name), "-outform", "DER"], check=True,
                             stdout=subprocess.PIPE).stdout
        return "data:" + base64.b64encode(der).decode()
