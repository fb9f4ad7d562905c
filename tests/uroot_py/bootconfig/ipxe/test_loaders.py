"""Images: what is selected, started, replaced."""

from tests.support.ipxe import HOME, run


def test_the_last_kernel_is_started_with_its_arguments():
    files = dict.fromkeys(("/a", "/b"), "kernel")
    outcome, _ = run("kernel /a one\nkernel --name k /b two\nimgargs k three  four\nboot", files)
    assert (outcome.kernel.url, outcome.kernel.cmdline) == (f"{HOME}/b", "three four")
    assert [each.url for each in outcome.initrds] == [f"{HOME}/a"]


def test_boot_of_a_url():
    outcome, _ = run("initrd /i\nboot /k quiet", {"/k": "kernel", "/i": "i"})
    assert (outcome.kernel.url, outcome.kernel.cmdline) == (f"{HOME}/k", "quiet")


def test_replaced_scripts_are_not_inside_each_other():
    files = {"/loop": "#!ipxe\ninc n\niseq ${n} 30 || chain --replace --autofree /loop\necho ${n}"}
    outcome, web = run("chain --replace /loop\necho not here", files)
    assert (outcome.kind, web.said) == ("exit", "30\n")


def test_boot_without_a_kernel_is_noted():
    outcome, _ = run("boot && echo on")
    where = f"{HOME}/boot/main.ipxe: line 2"
    assert outcome.notes == [f"{where}: boot: no image is selected: no kernel was loaded before"]
