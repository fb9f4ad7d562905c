"""A CA of one's own by openssl, what it signs, and nginx that serves files with it."""

import subprocess

CONFIGURATION = """[ca]
default_ca=d
[d]
database=index
serial=serial
new_certs_dir=.
default_md=sha256
policy=p
default_days=3000
unique_subject=no
[p]
commonName=supplied
"""
NGINX = """user root; daemon off; pid {folder}/pid; error_log {folder}/error.log;
events {{}}
http {{ access_log off; client_body_temp_path {folder}/b; proxy_temp_path {folder}/p;
 fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
{servers} }}
"""
SERVER = """ server {{ listen 127.0.0.1:{port} ssl; ssl_protocols {protocols};
  ssl_certificate {folder}/{name}.crt; ssl_certificate_key {folder}/key; root {folder}/www; }}
"""


def openssl(folder, *words, feed=None):
    return subprocess.run(
        ["openssl", *words], cwd=folder, input=feed, check=True, capture_output=True, timeout=60
    ).stdout


class Authority:
    """Keys and certificates in FOLDER: ``ca.crt`` and others that it signs."""

    ports: dict[str, int]

    def __init__(self, folder):
        self.folder = folder
        for key in ("key", "ca.key", "other.key"):
            openssl(folder, "ecparam", "-genkey", "-name", "prime256v1", "-noout", "-out", key)
        for ca in ("ca", "other"):
            openssl(folder, "req", "-x509", "-new", "-key", f"{ca}.key", "-out", f"{ca}.crt",
                    "-subj", f"/CN={ca}", "-days", "9000")  # fmt: skip

    def sign(self, name, names="DNS:localhost,IP:127.0.0.1", start="", end=""):
        """NAME.crt for NAMES, valid from START to END (YYYYMMDD000000Z; empty: now, for years)."""
        folder = self.folder
        (folder / "index").write_text("")
        (folder / "serial").write_text("01\n")
        (folder / "ca.cnf").write_text(CONFIGURATION + f"[x]\nsubjectAltName={names}\n")
        openssl(folder, "req", "-new", "-key", "key", "-subj", f"/CN={name}", "-out", "request")
        dates = [*(("-startdate", start) if start else ()), *(("-enddate", end) if end else ())]
        openssl(folder, "ca", "-config", "ca.cnf", "-batch", "-notext", "-extensions", "x",
                "-cert", "ca.crt", "-keyfile", "ca.key", "-in", "request", "-out", f"{name}.crt",
                *dates)  # fmt: skip

    def pin(self, name):
        """The SHA-256 of NAME.crt, as openssl prints it."""
        text = openssl(
            self.folder, "x509", "-in", f"{name}.crt", "-noout", "-fingerprint", "-sha256"
        )
        return text.decode().strip().partition("=")[2]

    def configuration(self, rows):
        """nginx' for ROWS of (port, certificate, protocols)."""
        servers = "".join(
            SERVER.format(port=port, folder=self.folder, name=name, protocols=protocols)
            for port, name, protocols in rows
        )
        path = self.folder / "nginx.conf"
        path.write_text(NGINX.format(folder=self.folder, servers=servers))
        return path
