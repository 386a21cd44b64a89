#!/bin/sh
# What a build calls at its end: its images go to their registry, its charts and configuration to the bucket, and gitferry
# does the rest. So the build needs no Git key and no cluster key. It needs aws, and where there are charts helm, where
# there are images skopeo or docker; each with the credentials that it finds by itself.
set -eu

usage() {
  cat <<'END'
Usage: publish.sh --bucket <name> [--image … | --chart … | --config …]… [options]

What to publish; each may be there several times:
  --image <source> <name:tag>   an image; its source as skopeo names it (oci-archive:api.tar, docker-archive:api.tar,
                                oci:folder, dir:folder, docker-daemon:api:1.2.0), or "docker": the one that docker
                                has by that name
  --chart <folder> <prefix>     a chart, packaged
  --config <path> <key>         a file, perhaps a bundle (.tgz, .zip); or a folder, whose files go below a prefix/

Options:
  --release <key>        all of it lands in one commit, once all of it is there: uploads <key>.release.yaml, which says so
  --version <version>    what the charts and their applications are called, rather than what Chart.yaml says
  --build <text>         the build, and
  --source-commit <id>   what it was made of: recorded with what lands
  --endpoint-url <url>   S3 is there, not at AWS
  --plain-http           the registry knows no TLS
END
}

fail() {
  echo "publish.sh: $1" >&2
  exit 2
}

sha256() { if command -v sha256sum >/dev/null; then sha256sum "$1"; else shasum -a 256 "$1"; fi | cut -d ' ' -f 1; }

# What stands between single quotes in YAML.
quoted() { printf "'%s'" "$(printf '%s' "$1" | sed "s/'/''/g")"; }

s3_copy() { aws ${endpoint:+--endpoint-url "$endpoint"} s3 cp --no-progress ${claims:+--metadata "$claims"} "$@"; }

tab=$(printf '\t')
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
mkdir "$work/objects" # as they are to lie in the bucket
touch "$work/image" "$work/chart" "$work/config" # what was asked for: a line each, with a tab between from and to

bucket='' release='' version='' build='' commit='' endpoint='' plain=''
while [ $# -gt 0 ]; do
  case $1 in
    --image | --chart | --config)
      [ $# -ge 3 ] || fail "$1 needs what and where to"
      printf '%s\t%s\n' "$2" "$3" >>"$work/${1#--}"
      shift 3
      continue
      ;;
    --plain-http) plain=yes && shift && continue ;;
    --help) usage && exit ;;
  esac
  [ $# -ge 2 ] || fail "$1 is no option, or lacks its value; --help shows all"
  case $1 in
    --bucket) bucket=$2 ;;
    --release) release=$2 ;;
    --version) version=$2 ;;
    --build) build=$2 ;;
    --source-commit) commit=$2 ;;
    --endpoint-url) endpoint=$2 ;;
    *) fail "$1 is no option; --help shows all" ;;
  esac
  shift 2
done
[ -n "$bucket" ] || fail '--bucket is missing'
[ -n "$(cat "$work/image" "$work/chart" "$work/config")" ] || fail 'nothing to publish; --help shows what may be'
case $build$commit in *[!A-Za-z0-9:/._?=#%@+-]*) fail '--build and --source-commit: letters, digits and :/._?=#%@+- only' ;; esac
claims=${build:+build=$build}${build:+${commit:+,}}${commit:+source-commit=$commit}

while IFS=$tab read -r folder prefix; do
  helm package "$folder" --destination "$work/objects/$prefix" ${version:+--version "$version" --app-version "$version"}
done <"$work/chart"

while IFS=$tab read -r path key; do
  [ ! -d "$path" ] || path=$path/. key=${key%/}/
  mkdir -p "$work/objects/$(dirname "$key.")"
  cp -R -L "$path" "$work/objects/$key"
done <"$work/config"

# A release file is there before all that it names. The digest of an image is known once it is laid out as it will be pushed.
if [ -n "$release" ]; then
  (cd "$work/objects" && find . -type f) | sort | while IFS='' read -r file; do
    printf '  - key: %s\n    sha256: %s\n' "$(quoted "${file#./}")" "$(sha256 "$work/objects/$file")"
  done >"$work/objects.yaml"
  number=0 && touch "$work/laid"
  while IFS=$tab read -r source name; do
    [ "$source" != docker ] || fail "with --release, say docker-daemon:$name: the digest must be known before the push"
    number=$((number + 1))
    skopeo copy --quiet --all --digestfile "$work/digest" "$source" "oci:$work/layout:$number"
    printf '%s\t%s\n' "oci:$work/layout:$number" "$name" >>"$work/laid"
    printf '  - image: %s\n    digest: %s\n' "$(quoted "$name")" "$(cat "$work/digest")"
  done <"$work/image" >"$work/images.yaml"
  mv "$work/laid" "$work/image"
  {
    printf 'apiVersion: gitferry.dev/v1\nkind: Release\n'
    for part in objects images; do
      if [ -s "$work/$part.yaml" ]; then echo "$part:" && cat "$work/$part.yaml"; else echo "$part: []"; fi
    done
  } >"$work/release.yaml"
  s3_copy "$work/release.yaml" "s3://$bucket/$release.release.yaml"
fi

# Images first: nothing that is in the bucket names one that can't be pulled.
while IFS=$tab read -r source name; do
  case $source in
    docker) docker push --quiet "$name" ;;
    *) skopeo copy --all ${release:+--preserve-digests} ${plain:+--dest-tls-verify=false} "$source" "docker://$name" ;;
  esac
done <"$work/image"

[ -z "$(find "$work/objects" -type f)" ] || s3_copy --recursive "$work/objects" "s3://$bucket/"
