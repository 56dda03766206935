# Nothing is made from here: `terraform test` begins here. What is applied is in environments and release.
terraform {
  required_version = ">= 1.11"
  required_providers {
    azurerm = { source = "hashicorp/azurerm", version = "~> 5.2" }
  }
}
