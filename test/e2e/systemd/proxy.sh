# Read by debian.sh and pacemaker.sh.

# apt's proxy, where apt has one.
use_proxy() {
  command -v apt-config >/dev/null || return 0
  eval "$(apt-config shell proxy Acquire::http::Proxy)"
  [ -z "${proxy-}" ] || [ "$proxy" = DIRECT ] || export http_proxy="$proxy"
}
