#!/bin/sh
# Gives what checks and tests need and no package of the system has, made once: kept for each version outside of the tree.
#   tools.sh NAME            the path of a program, built from its Go module
#   tools.sh container       the path of our own, in test/infrastructure/tools, which reads Dockerfiles and Compose files
#   tools.sh source MODULE   the folder with the source of a module that has a schema
#   tools.sh azurerm         the path of Terraform's provider for Azure, made by our own, too
#   tools.sh have NAME       the path of a program, nothing where it was not built yet: for those that take very long
#   tools.sh all             makes everything else; with ROUSE_FULL=1 those, too
set -eu
cd "$(dirname "$0")/.."

module() {
	case $1 in
	golangci-lint) echo github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0 ;;
	k6) echo go.k6.io/k6@v1.8.1 ;;
	helm) echo helm.sh/helm/v4/cmd/helm@v4.3.1 ;;
	kubeconform) echo github.com/yannh/kubeconform/cmd/kubeconform@v0.8.0 ;;
	actionlint) echo github.com/rhysd/actionlint/cmd/actionlint@v1.7.12 ;;
	versitygw) echo github.com/versity/versitygw/cmd/versitygw@v1.8.0 ;;
	goreleaser) echo github.com/goreleaser/goreleaser/v2@v2.16.0 ;;
	# Its version is 5.2.0: its tags are not those of a module.
	azurerm) echo github.com/hashicorp/terraform-provider-azurerm@v1.44.1-0.20260824201233-fae580791926 ;;
	# Of these only the schemas are read.
	kubernetes) echo k8s.io/kubernetes@v1.36.3 ;;
	prometheus-operator) echo github.com/prometheus-operator/prometheus-operator@v0.85.0 ;;
	external-secrets) echo github.com/external-secrets/external-secrets@v1.3.2 ;;
	*) echo "scripts/tools.sh: nothing is called $1" >&2; exit 1 ;;
	esac
}

tools=${XDG_CACHE_HOME:-$HOME/.cache}/rouse/bin

# A program is kept under a name of its own for each version of Go: a linter built by an older Go cannot read newer code.
kept() {
	package=$(module "$1")
	echo "$tools/$1-${package##*@}-$(go env GOVERSION)"
}

program() {
	package=$(module "$1")
	path=$(kept "$1")
	if [ ! -x "$path" ]; then
		echo "building $1 ${package##*@}: minutes, once" >&2
		work=$(mktemp -d)
		trap 'rm -rf "$work"' EXIT INT TERM
		if ! (cd "$work" && GOBIN=$work GOFLAGS= go install "$package") 2>"$work/log"; then
			tail -n 5 "$work/log" >&2
			exit 1
		fi
		mkdir -p "$tools"
		cp "$work/$1" "$path.$$" && mv "$path.$$" "$path"
		rm -rf "$work"
	fi
	echo "$path"
}

# Azurite is a program for Node: this is its folder.
azurite() {
	version=3.37.0
	path=$tools/azurite-$version
	if [ ! -d "$path" ]; then
		mkdir -p "$tools"
		npm install --prefix "$path.$$" --no-audit --no-fund --ignore-scripts --silent "azurite@$version" >&2
		mv "$path.$$" "$path"
	fi
	echo "$path"
}

container() {
	ours=test/infrastructure/tools
	path=$tools/container-$(cat $ours/go.sum $ours/container/main.go | cksum | cut -d ' ' -f 1)-$(go env GOVERSION)
	if [ ! -x "$path" ]; then
		mkdir -p "$tools"
		(cd $ours && GOFLAGS= go build -o "$path.$$" ./container) && mv "$path.$$" "$path"
	fi
	echo "$path"
}

# For Terraform, with the services that infrastructure/terraform uses.
azurerm() {
	path=$(kept azurerm)
	if [ ! -x "$path" ]; then
		echo "building a provider for Terraform: minutes, once" >&2
		mkdir -p "$tools"
		(cd test/infrastructure/tools && GOFLAGS= go run ./azurerm "$(module_folder azurerm)" "$path.$$") && mv "$path.$$" "$path"
	fi
	echo "$path"
}

module_folder() {
	package=$(module "$1")
	(cd / && GOFLAGS= go mod download -json "$package") | sed -n 's/^\t"Dir": "\(.*\)",$/\1/p'
}

case ${1:?which?} in
azurite | container | azurerm) "$1" ;;
source) module_folder "$2" ;;
have)
	path=$(kept "$2")
	[ ! -x "$path" ] || echo "$path"
	;;
all)
	for name in helm kubeconform actionlint versitygw; do program "$name"; done
	azurite
	for name in kubernetes prometheus-operator external-secrets; do module_folder "$name"; done
	container
	if [ "${ROUSE_FULL:-}" = 1 ]; then program goreleaser && azurerm; fi
	;;
*) program "$1" ;;
esac
