"""Random scripts for iPXE: each ends by itself, and never starts what is no script."""

NAMES = ["a", "b", "c", "net0/x", "q/y"]
KINDS = ["", "", ":string", ":int8", ":int16", ":int32", ":uint8", ":uint32", ":hex", ":hexraw",
         ":hexhyp", ":ipv4", ":uristring", ":base64"]  # fmt: skip
VALUES = ["", "x", "5", "-3", "0x1f", "300", "01:02", "0a0b", "01-ff", "10.1.2.3", "a%20b", "YWI=",
          "p q", "a b  c", "k", "9 9", "${ip}", "%2f", "a&b=c"]  # fmt: skip
MARKS = ["&&", "||", ";"]
FILES = ["i1", "i2", "d/i1", "nothing", "d/", "i1?q=${a}", "./i2", "../top", "d/../i1", "/top",
         "./d/./i1", "../../top", "i2?x=%20y", "${b}", "d/i3"]  # fmt: skip
SCRIPTS = ["s1", "s2", "d/s3", "k1", "nos", "./s1", "s2?a=1"]


class Writer:
    """Writes the lines of one script with the random numbers of DICE."""

    def __init__(self, dice, deep):
        self.dice = dice
        self.deep = deep  # how many scripts it may still chain to, below it
        self.loops = 0
        self.count = 0

    def pick(self, choices):
        return self.dice.choice(choices)

    def word(self):
        name = self.pick(NAMES)
        typed = f"${{{name}{self.pick(KINDS)}}}"
        odd = [f"-{name}-", f"${{{name}", f"{name}}}", "${net0/mac:hexraw}", "${${c}}"]
        return self.pick([f"${{{name}}}", typed, *odd, *VALUES[1:9]])

    def echo(self):
        self.count += 1
        return f"echo ={self.count} [{self.word()}] [{self.word()}]"

    def setting(self):
        name = self.pick(NAMES)
        value = " ".join(self.pick([*VALUES, self.word()]) for _ in range(self.dice.randint(0, 2)))
        return self.pick(
            [f"set {name}{self.pick(KINDS)} {value}"] * 6
            + [f"clear {name}", f"inc {name}", f"inc {name} {self.pick(VALUES)}"]
        )

    def condition(self):
        return self.pick(
            [
                f"isset {self.word()}",
                f"iseq {self.word()} {self.word()}",
                "isset",
                "iseq a",
                f"isset ${{{self.pick(NAMES)}}}",
                "nosuch",
                self.setting(),
            ]
        )

    def image(self):
        name = self.pick(["", "", "", "--name n1 ", "-n n2 ", "--autofree ", "--name "])
        args = self.pick(["", "", " x=1", f" {self.word()} ro", " quiet"])
        verb = self.pick(["imgfetch", "initrd", "module", "kernel"])
        return self.pick([f"{verb} {name}{self.pick(FILES)}{args}"] * 4
                         + [f"{verb} {name}{self.pick(SCRIPTS)}{args}",
                            f"imgargs {self.pick(['i1', 'n1', 'k1', 'i2'])}{args}",
                            f"imgfree {self.pick(['i1', 'n1', 'n2', 'zz'])}",
                            f"imgselect {self.pick(['k1', 'n1', 's1'])}", "imgstat"])  # fmt: skip

    def chain(self):
        if not self.deep:
            return "imgstat"
        option = self.pick(["", "", "", "--autofree ", "--replace ", "--replace --autofree "])
        verb = self.pick(["chain", "chain", "boot", "imgexec"])
        return f"{verb} {option}{self.pick(SCRIPTS)}{self.pick(['', ' arg', ' ${a}'])}"

    def guarded(self, command):
        """COMMAND, mostly such that its failure does not end the script."""
        return command + self.pick(
            [
                " ||",
                " ||",
                " || " + self.echo(),
                " && " + self.echo() + " ||",
                f" ; {self.echo()}",
                f" || {self.setting()} ||",
                "",
            ]
        )

    def menu(self):
        self.count += 1
        rows = [self.pick(["item --gap -- T", f"item {self.pick('xyz')} Text", "item --default y Y",
                           f"item w${{a}} {self.pick(VALUES)}", "item --key k z Z", "item"])
                for _ in range(self.dice.randint(0, 4))]  # fmt: skip
        default = self.pick(["", "", "--default x ", "--default ${a} ", "--keep "])
        said = f"echo ={self.count}"
        asks = f"choose --timeout 1 {default}c && {said} <${{c}}> || {said} none"
        return ["menu M", *rows, asks, *self.pick([[], [asks]])]

    def loop(self):
        self.loops += 1
        name = f"l{self.deep}{self.loops}"
        return [f"set {name}:int32 0", f":{name}", f"inc {name}", self.echo(),
                f"iseq ${{{name}}} {self.dice.randint(1, 3)} || goto {name}"]  # fmt: skip

    def jump(self):
        self.loops += 1
        name = f"j{self.deep}{self.loops}"
        return [f"{self.condition()} {self.pick(['&&', '||'])} goto {name} ||", self.echo(),
                f"  :{name} {self.pick(['', self.echo()])}"]  # fmt: skip

    def lines(self):
        kind = self.dice.randrange(10)
        if kind < 2:
            return [self.guarded(self.setting())]
        if kind < 4:
            return [self.guarded(self.condition() + f" {self.pick(MARKS)} {self.echo()}")]
        if kind < 6:
            return [self.guarded(self.image())]
        if kind == 6:
            return [self.guarded(self.chain())]
        return self.pick(
            [
                self.menu,
                self.loop,
                self.jump,
                lambda: [self.echo() + " # " + self.echo()],
                lambda: [self.echo().replace(" ", " \\\n  ", 1)],
            ]
        )()

    def script(self, size, end):
        body = [line for _ in range(size) for line in self.lines()]
        newline = self.pick(["\n", "\n", "\n", "\r\n"]).join
        text = "\n".join(["#!ipxe", *body, *end, ""])
        # A line that goes on does so before a line feed only: iPXE of 2019 knows no other.
        return (text if "\\\n" in text else newline(text.split("\n"))).encode()


def program(dice, folder):
    """The files of a random script: path -> bytes; FOLDER/main.ipxe is where it begins."""
    files = {f"{folder}/i1": b"one", f"{folder}/i2": b"two.", f"{folder}/d/i1": b"one below",
             f"{folder}/d/i3": b"three", f"{folder}/top": b"above", "/top": b"top"}  # fmt: skip
    end = [dice.choice(["exit", "exit 4", "isset ${nope}", ""])]
    files[f"{folder}/k1"] = Writer(dice, 0).script(1, ["imgstat"])
    files[f"{folder}/d/s3"] = Writer(dice, 0).script(2, end)
    files[f"{folder}/s2"] = Writer(dice, 0).script(3, end)
    files[f"{folder}/s1"] = Writer(dice, 0).script(3, [])
    files[f"{folder}/main.ipxe"] = Writer(dice, 1).script(dice.randint(5, 12), ["imgstat"])
    return files
