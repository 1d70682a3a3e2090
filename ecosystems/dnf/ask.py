# Asks dnf 4 on this host, through its library: what it would upgrade and what it knows of its repositories, from what
# it has on the disk; with the word "reboot", whether its plugin asks for a reboot. No server is asked and nothing is
# written. Prints lines of fields separated by tabs; the first field says of what.
import os
import sys

import dnf
import dnf.const
import dnf.lock
import dnf.yum.misc
import hawkey


class NoLock:
    def __enter__(self):
        return self

    def __exit__(self, *why):
        return None


# dnf makes a folder for an ordinary account, and keeps locks, logs and caches, also where it only reads.
dnf.yum.misc.getCacheDir = lambda *words, **more: dnf.const.SYSTEM_CACHEDIR
dnf.lock.build_metadata_lock = lambda *words, **more: NoLock()
dnf.lock.build_log_lock = lambda *words, **more: NoLock()
dnf.const.LOG = dnf.const.LOG_LIBREPO = dnf.const.LOG_RPM = dnf.const.LOG_HAWKEY = os.devnull
load_repo = dnf.sack.Sack.load_repo


def load_without_writing(sack, repo, **flags):
    flags["build_cache"] = False
    return load_repo(sack, repo, **flags)


dnf.sack.Sack.load_repo = load_without_writing


def say(*fields):
    texts = ["" if field is None else str(field) for field in fields]
    sys.stdout.write("\t".join(text.replace("\t", " ").replace("\n", " ") for text in texts) + "\n")


def say_package(word, package, *more):
    say(word, package.name, package.epoch, package.version, package.release, package.arch, package.reponame,
        package.buildtime, *more)


def make_base():
    base = dnf.Base()
    conf = base.conf
    conf.read()
    conf.cacheonly = True
    conf.cachedir = conf.system_cachedir
    conf.substitutions.update_from_etc(conf.installroot)
    # Other plugins may ask servers and change files, also where dnf only lists.
    base.init_plugins(disabled_glob=["*"], enable_plugins=["versionlock"])
    base.read_all_repos()
    base.configure_plugins()
    return base


def say_unreadable(conf, wanted):
    paths = [os.path.join(folder, name) for folder in conf.reposdir if os.path.isdir(folder)
             for name in sorted(os.listdir(folder)) if name.endswith(".repo")]
    for path in [conf.config_file_path] + paths:
        if os.path.exists(path) and not os.access(path, os.R_OK):
            say("unreadable", path)
    if os.path.exists(conf.cachedir) and not os.access(conf.cachedir, os.R_OK | os.X_OK):
        say("unreadable", conf.cachedir)
    for repo in wanted:
        if os.path.isdir(repo._repo.getCachedir()) and not os.access(repo._repo.getCachedir(), os.R_OK | os.X_OK):
            say("unreadable", repo._repo.getCachedir())


def say_locks():
    path = "/etc/dnf/plugins/versionlock.list"
    if os.access(path, os.R_OK):
        with open(path) as lines:
            for line in lines:
                if line.strip() and not line.startswith("#"):
                    say("lock", line.strip())


def say_repo(repo):
    checked = made = None
    if repo.enabled:
        primary = repo.get_metadata_path("primary")
        # The time that dnf itself goes by: lists that were found to be current are touched, not fetched anew.
        checked = int(os.stat(primary).st_mtime) if primary and os.path.exists(primary) else None
        made = repo._repo.getMaxTimestamp()
    address = (list(repo.baseurl) or [repo.metalink or repo.mirrorlist or ""])[0]
    say("repo", repo.id, "loaded" if repo.enabled else "absent", repo.priority, repo.metadata_expire, checked, made,
        address, repo.name)


def upgrades(query):
    try:
        return query.filter(upgrades_by_priority=True)
    except Exception:  # An older library does not know the word.
        return query.upgrades()


def updates():
    base = make_base()
    say("program", "dnf", dnf.const.VERSION)
    wanted = list(base.repos.iter_enabled())
    say_unreadable(base.conf, wanted)
    for repo in wanted:
        repo.skip_if_unavailable = True
    base.fill_sack()
    for repo in wanted:
        say_repo(repo)
    say_locks()
    for package in base.sack.query(flags=hawkey.IGNORE_REGULAR_EXCLUDES).upgrades():
        say_package("newer", package)
    for package in upgrades(base.sack.query()).latest():
        say_package("upgrade", package)
    installed = base.sack.query().installed()
    for package in base.sack.query().available().filter(obsoletes=installed):
        for old in installed.filter(provides=package.obsoletes):
            say_package("obsoletes", package, old.name, old.arch)
    say("end")


if sys.argv[1] == "reboot":
    import dnf.cli.main
    plugin = "--enableplugin=needs_restarting,needs-restarting"
    dnf.cli.main.user_main(["-q", "-C", "--disablerepo=*", "--disableplugin=*", plugin, "needs-restarting", "-r"], exit_code=True)
else:
    updates()
    sys.stdout.flush()
    # Without its farewells, in which it would write down what it learned.
    os._exit(0)
