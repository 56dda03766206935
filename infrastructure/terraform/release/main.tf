# The chart, on a cluster that an environment has made. Apart from it, because a provider must know its cluster before it plans.
provider "azurerm" {
  features {}
}

variable "state" {
  description = "Where the environment's state is: resource_group_name, storage_account_name, container_name, key."
  type        = map(string)
}

variable "chart" {
  description = "The chart: a folder, or an address of a registry."
  type        = string
  default     = "../../helm/rouse"
}

variable "chart_version" {
  description = "Of the chart in a registry."
  type        = string
  default     = null
}

variable "values" {
  description = "Further values, as YAML: the image, what the environment does not say."
  type        = string
  default     = ""
}

data "terraform_remote_state" "environment" {
  backend = "azurerm"
  config  = merge(var.state, { use_azuread_auth = true })
}

locals {
  environment = data.terraform_remote_state.environment.outputs
}

data "azurerm_kubernetes_cluster" "this" {
  name                = local.environment.cluster.name
  resource_group_name = local.environment.cluster.resource_group
}

# Whoever runs this signs in as themselves: the cluster has no accounts of its own.
provider "helm" {
  kubernetes = {
    host                   = data.azurerm_kubernetes_cluster.this.kube_config[0].host
    cluster_ca_certificate = base64decode(data.azurerm_kubernetes_cluster.this.kube_config[0].cluster_ca_certificate)
    exec = {
      api_version = "client.authentication.k8s.io/v1beta1"
      command     = "kubelogin"
      # The last is what AKS is called in every tenant.
      args = ["get-token", "--login", "azurecli", "--server-id", "6dae42f8-4368-4678-94ff-3960e28e3630"]
    }
  }
}

resource "helm_release" "rouse" {
  name             = "rouse"
  namespace        = local.environment.namespace
  create_namespace = true
  chart            = var.chart
  version          = var.chart_version
  values           = compact([local.environment.values, var.values])
  # What does not come up is taken back.
  atomic  = true
  timeout = 1800
}
